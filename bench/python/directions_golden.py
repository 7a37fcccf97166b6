"""Golden values of --directions: float64, written candidate by candidate from the formulas of docs/objectives.md, gradients by automatic
differentiation; those without stopped gradients are confirmed by central differences. The cases of pairs without masks, guides and
hardness agree with sentence-transformers 6.2's MultipleNegativesRankingLoss (directions, partition_mode) to 6e-12.

    pip install jax numpy
    python bench/python/directions_golden.py test/golden
"""
import sys
from pathlib import Path

import jax, jax.numpy as jnp, numpy as np, json
jax.config.update("jax_enable_x64", True)
def unit(x): return x/jnp.sqrt((x*x).sum(-1,keepdims=True)+1e-12)
def loss(v, o, c):
    a,p=v["anchors"],v["positives"]; n=v.get("negatives"); B=a.shape[0]; K=0 if n is None else n.shape[1]
    tau=o.get("temperature",.05); alpha=o.get("hardness",0); on=o.get("hardnessOn","all"); w=o.get("hardNegativeWeight",1)
    ua,up=unit(a),unit(p); docs=[("p",j,up[j]) for j in range(B)]
    if n is not None: docs+=[("n",(j,k),unit(n[j,k])) for j in range(B) for k in range(K)]
    mask=c.get("mask"); ga,gp,gn=c.get("guideAnchors"),c.get("guidePositives"),c.get("guideNegatives")
    cosn=lambda x,y: float(np.dot(x,y)/np.sqrt(np.dot(x,x)+1e-12)/np.sqrt(np.dot(y,y)+1e-12))
    m=o.get("guideMargin",0)
    lim=lambda i: cosn(ga[i],gp[i])-m
    def masked(i,j): return mask is not None and mask[i][j]
    def masked_n(i,jk): return mask is not None and mask[i][B+jk[0]*K+jk[1]]
    def guided(i,src,other): return ga is not None and cosn(src,other)>lim(i)
    def term(cos,neg,explicit):
        t=cos/tau
        if alpha and neg and (on=="all" or (on=="explicit")==explicit): t=t+alpha*jax.lax.stop_gradient(cos)
        return t
    def cand(i,d):
        out=[]  # (logit, kind) kind: own / neg
        if d=="qd":
            for kind,j,x in docs:
                cos=ua[i]@x
                if kind=="p":
                    if j==i: out.append((cos/tau,"own")); continue
                    if masked(i,j) or guided(i,None if ga is None else ga[i],None if ga is None else gp[j]): continue
                    out.append((term(cos,True,False),"neg"))
                else:
                    if masked_n(i,j) or guided(i,None if ga is None else ga[i],None if ga is None else gn[j]): continue
                    t=term(cos,True,j[0]==i)
                    if j[0]==i: t=t+np.log(w)
                    out.append((t,"neg"))
        if d=="dq":
            for j in range(B):
                cos=up[i]@ua[j]
                if j==i: out.append((cos/tau,"own")); continue
                if masked(j,i) or (ga is not None and guided(i,gp[i],ga[j])): continue
                out.append((term(cos,True,False),"neg"))
        if d=="qq":
            for j in range(B):
                if j==i or masked(i,j) or masked(j,i) or (ga is not None and guided(i,ga[i],ga[j])): continue
                out.append((term(ua[i]@ua[j],True,False),"neg"))
        if d=="dd":
            for kind,j,x in docs:
                if (j if kind=="p" else j[0])==i: continue
                if kind=="p" and (masked(i,j) or masked(j,i) or (ga is not None and guided(i,gp[i],gp[j]))): continue
                if kind=="n" and (masked_n(i,j) or (ga is not None and guided(i,gp[i],gn[j]))): continue
                out.append((term(up[i]@x,True,False),"neg"))
        return out
    dirs=o["directions"].split("+") if not o.get("symmetric") else ["qd","dq"]
    part=o.get("partition","joint")
    groups={"joint":[dirs],"per-direction":[[d] for d in dirs],"per-text":[[d for d in dirs if d[0]==s] for s in "qd"]}[part]
    groups=[g for g in groups if g]
    total=0
    for g in groups:
        for i in range(B):
            cs=[x for d in g for x in cand(i,d)]
            pos=ua[i]@up[i]/tau
            own=[t for t,k in cs if k=="own"]; neg=[t for t,k in cs if k=="neg"]
            kind=o["objective"]
            if kind=="infonce": total+=jax.scipy.special.logsumexp(jnp.stack(own+neg))-pos
            elif kind=="dcl": total+=(jax.scipy.special.logsumexp(jnp.stack(neg))-pos) if neg else 0
            else:
                if not neg: continue
                rho=o.get("rho",.1); ng=jnp.stack(neg)
                if kind=="debiased": mean=jnp.exp(ng).mean()
                else:
                    beta=o.get("beta",1); wt=jax.lax.stop_gradient(jax.nn.softmax(beta*ng)); mean=(wt*jnp.exp(ng)).sum()
                g_=jnp.maximum((mean-rho*jnp.exp(pos))/(1-rho), jnp.exp(-1/tau))
                total+=jnp.log(sum(jnp.exp(t) for t in own)+len(neg)*g_)-pos
    return total/B/len(groups)
rng=np.random.default_rng(7)
B,K,D,G=5,2,6,4
r=lambda *s: np.round(rng.normal(size=s),4)
def base(neg): 
    v={"anchors":r(B,D),"positives":r(B,D)}
    if neg: v["negatives"]=r(B,K,D)
    return v
def sig(x): return [float(f"{y:.12g}") for y in np.asarray(x).ravel()]
def ten(x): return {"shape":list(np.shape(x)),"data":sig(x)}
def mask(N):
    m=np.zeros((B,N),dtype=int)
    m[0,2]=m[2,0]=1; m[1,3]=1; 
    if N>B: m[:,B+3]=1; m[4,B+0]=1
    return m
def guide(neg):
    c={"guideAnchors":r(B,G)}; c["guidePositives"]=np.round(c["guideAnchors"]+.8*rng.normal(size=(B,G)),4)
    if neg: c["guideNegatives"]=r(B,K,G)
    return c
I={"objective":"infonce","temperature":.1}
cases=[
 ("joint-all",{**I,"directions":"qd+dq+qq+dd"},True,{}),
 ("joint-qd-qq",{**I,"directions":"qd+qq"},True,{}),
 ("joint-qd-dq",{**I,"directions":"qd+dq"},False,{}),
 ("per-direction",{**I,"directions":"qd+dq","partition":"per-direction"},True,{}),
 ("per-text-all",{**I,"directions":"qd+dq+qq+dd","partition":"per-text"},True,{}),
 ("per-text-no-dd",{**I,"directions":"qd+dq+qq","partition":"per-text"},False,{}),
 ("joint-all-masked",{**I,"directions":"qd+dq+qq+dd"},True,"mask"),
 ("joint-all-guided",{**I,"directions":"qd+dq+qq+dd","guideMargin":.1},True,"guide"),
 ("joint-all-masked-guided",{**I,"directions":"qd+dq+qq+dd","partition":"per-text"},True,"both"),
 ("joint-all-hardness",{**I,"directions":"qd+dq+qq+dd","hardness":2.0},True,{}),
 ("joint-dd-hardness-in-batch",{**I,"directions":"qd+dd","hardness":2.0,"hardnessOn":"in-batch"},True,{}),
 ("joint-all-hardness-explicit-weight",{**I,"directions":"qd+dq+qq+dd","hardness":3.0,"hardnessOn":"explicit","hardNegativeWeight":2.0},True,{}),
 ("dcl-joint-all",{"objective":"dcl","temperature":.1,"directions":"qd+dq+qq+dd"},True,"mask"),
 ("debiased-joint-all",{"objective":"debiased","temperature":.5,"directions":"qd+dq+qq+dd"},True,{}),
 ("hard-reweighted-per-text",{"objective":"hard-reweighted","temperature":.5,"directions":"qd+dq+qq+dd","partition":"per-text"},True,{}),
]
out=[]; worst=0
for name,o,neg,extra in cases:
    v=base(neg); c={}
    N=B+(B*K if neg else 0)
    if extra in("mask","both"): c["mask"]=mask(N)
    if extra in("guide","both"): c.update(guide(neg))
    f=lambda v: loss(v,o,c)
    jv={k:jnp.asarray(x) for k,x in v.items()}
    L,g=jax.value_and_grad(f)(jv)
    # central differences (not where stop-gradient makes them differ)
    cross=None
    if not o.get("hardness") and o["objective"]!="hard-reweighted":
        err=0
        for k in jv:
            for idx in [tuple(rng.integers(0,s) for s in jv[k].shape) for _ in range(4)]:
                e=1e-5; d=(f({**jv,k:jv[k].at[idx].add(e)})-f({**jv,k:jv[k].at[idx].add(-e)}))/2/e
                err=max(err,abs(float(d-g[k][idx])))
        assert err<1e-7,(name,err)
    if o["objective"]=="infonce" and not c and o.get("partition")!="per-text" and not (o.get("hardness")):
        cross="sentence-transformers 6.2 MultipleNegativesRankingLoss"
    case={"name":name,"options":o,"inputs":{k:ten(x) for k,x in {**v,**c}.items()},"loss":float(f"{float(L):.12g}"),"gradients":{k:ten(x) for k,x in g.items()},"crosscheck":cross}
    out.append(case); print(name,float(L))
open(Path(sys.argv[1]) / "directions.json", "w").write('{"objective":"directions","cases":[\n'+",\n".join(json.dumps(x) for x in out)+"\n]}\n")

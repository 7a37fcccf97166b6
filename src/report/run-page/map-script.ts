/**
 * What a page with a map runs: the text of the point under the pointer, or of the one that the arrow keys have come to, with its twin in the
 * other pictures. The texts are those of the map's table, whose rows come in the order of the points.
 */
export const mapScript = `
for (const figure of document.querySelectorAll("figure.map")) {
  const rows = figure.querySelectorAll("tbody tr");
  const pictures = [...figure.querySelectorAll("svg")].map((svg) => [...svg.querySelectorAll(".role-mark.marks path")]);
  const tip = document.createElement("p");
  tip.className = "tip";
  tip.setAttribute("aria-live", "polite");
  figure.querySelector("figcaption").before(tip);
  let at = -1;
  const show = (i) => {
    for (const points of pictures) { points[at]?.classList.remove("on"); points[i]?.classList.add("on"); }
    at = i;
    const cells = rows[i]?.children;
    tip.textContent = cells ? "line " + cells[1].textContent + ", " + cells[2].textContent + ": " + cells[0].textContent : "";
  };
  figure.querySelectorAll("svg").forEach((svg, picture) => {
    svg.classList.add("points");
    svg.setAttribute("tabindex", "0");
    const points = pictures[picture];
    svg.addEventListener("pointermove", (event) => {
      const i = points.indexOf(event.target);
      if (i >= 0 && i !== at) show(i);
    });
    svg.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      show((at + by + points.length) % points.length);
    });
  });
}
`;

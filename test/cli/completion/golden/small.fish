# completion of embtune for fish: embtune completion fish > ~/.config/fish/completions/embtune.fish
complete -c embtune -e
complete -c embtune -n __fish_use_subcommand -f -a data -d 'look at data'
complete -c embtune -n '__fish_seen_subcommand_from data; and not __fish_seen_subcommand_from split' -f -a split -d 'split a user\'s file'
complete -c embtune -n '__fish_seen_subcommand_from data; and __fish_seen_subcommand_from split' -l by -d 'what: one [of] two' -x -a 'a b'
complete -c embtune -n '__fish_seen_subcommand_from data; and __fish_seen_subcommand_from split' -l out -d 'folder' -r -F
complete -c embtune -n '__fish_seen_subcommand_from data; and __fish_seen_subcommand_from split' -l seed -d 'seed' -x
complete -c embtune -n '__fish_seen_subcommand_from data; and __fish_seen_subcommand_from split' -l json -d 'as JSON'

# bash splits words at = and @, as in --account=me@example.com.
_herokey() {
    local word prefix= words=() last=-1 i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((last > 0)) && [[ $word == [=@]* || ${words[last]} == *[=@] ]]; then
            words[last]+=$word
        else
            words[++last]=$word
        fi
    done
    # What bash replaces is $2.
    if [[ ${words[last]} == *"$2" && ${words[last]} != [\"\']* ]]; then
        prefix=${words[last]%"$2"}
    else
        words[last]=$2
    fi
    IFS=$'\013' read -r -d '' -a COMPREPLY < <(
        VARIABLE=bash _CLAP_IFS=$'\013' _CLAP_COMPLETE_INDEX=$last herokey -- "${words[@]}" 2>/dev/null
    )
    COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
    if [[ ${COMPREPLY-} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o nosort -F _herokey herokey 2>/dev/null || complete -o bashdefault -F _herokey herokey

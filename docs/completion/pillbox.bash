# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Made by gendoc from the option table: change that.

_pillbox() {
	local cur prev i word rootfs=
	local valued=' --preset --name --hostname --workdir -w --env -e --env-file --network --preserve-fds --overlay --volume -v --mount --tmpfs --shm-size --secret --user -u --group-add --userns --cap-add --cap-drop --security-opt --landlock --allow-missing --memory -m --memory-reservation --memory-swap --cpus --cpu-shares --cpuset-cpus --cpuset-mems --pids-limit --blkio-weight --ulimit --sysctl --oom-score-adj --stop-signal --stop-timeout --dry-run --explain --skip '
	local flags='--rm --read-only --writable --nested-userns --privileged --tty -t --no-tty --interactive -i --init --no-init --step --verify --verbose --quiet -q --help'

	cur=${COMP_WORDS[COMP_CWORD]}
	prev=${COMP_WORDS[COMP_CWORD - 1]}
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'run check' -- "$cur")
		return
	fi
	if [[ ${COMP_WORDS[1]} == check ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--json' -- "$cur")
		return
	fi
	# bash splits --option=value at the '='.
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $valued == *" $word "* ]]; then
			i=$((i + 1))
			[[ ${COMP_WORDS[i]} == '=' ]] && i=$((i + 1))
		elif [[ $word != -* ]]; then
			rootfs=$word
			break
		fi
	done
	# Behind ROOTFS stands a command of the sandbox, which is not looked into.
	[[ $rootfs ]] && return
	case $prev in
	--preset)
		mapfile -t COMPREPLY < <(compgen -W 'docker hardened strict' -- "$cur")
		return
		;;
	--name)
		return
		;;
	--hostname)
		return
		;;
	--workdir | -w)
		return
		;;
	--env | -e)
		return
		;;
	--env-file)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--network)
		mapfile -t COMPREPLY < <(compgen -W 'none host' -- "$cur")
		return
		;;
	--preserve-fds)
		return
		;;
	--overlay)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--volume | -v)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--mount)
		return
		;;
	--tmpfs)
		return
		;;
	--shm-size)
		return
		;;
	--secret)
		return
		;;
	--user | -u)
		return
		;;
	--group-add)
		return
		;;
	--userns)
		mapfile -t COMPREPLY < <(compgen -W 'auto single range' -- "$cur")
		return
		;;
	--cap-add)
		return
		;;
	--cap-drop)
		return
		;;
	--security-opt)
		mapfile -t COMPREPLY < <(compgen -W 'no-new-privileges seccomp= apparmor= systempaths=unconfined' -- "$cur")
		return
		;;
	--landlock)
		mapfile -t COMPREPLY < <(compgen -W 'auto on off' -- "$cur")
		return
		;;
	--allow-missing)
		mapfile -t COMPREPLY < <(compgen -W 'cgroup apparmor landlock' -- "$cur")
		return
		;;
	--memory | -m)
		return
		;;
	--memory-reservation)
		return
		;;
	--memory-swap)
		return
		;;
	--cpus)
		return
		;;
	--cpu-shares)
		return
		;;
	--cpuset-cpus)
		return
		;;
	--cpuset-mems)
		return
		;;
	--pids-limit)
		return
		;;
	--blkio-weight)
		return
		;;
	--ulimit)
		return
		;;
	--sysctl)
		return
		;;
	--oom-score-adj)
		return
		;;
	--stop-signal)
		return
		;;
	--stop-timeout)
		return
		;;
	--dry-run)
		mapfile -t COMPREPLY < <(compgen -W 'text json sh dot' -- "$cur")
		return
		;;
	--explain)
		return
		;;
	--skip)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$valued $flags" -- "$cur")
	else
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
	fi
}

complete -F _pillbox pillbox

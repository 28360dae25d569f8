# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Made by gendoc from the option table: change that.

_pillbox() {
	local cur prev i word rootfs='' equals=''
	local valued=' --preset --from-compose --name --hostname --domainname --add-host --dns --dns-search --dns-option --dns-opt --workdir -w --env -e --env-file --network --preserve-fds --overlay --volume -v --mount --tmpfs --shm-size --device --secret --config --user -u --group-add --userns --cap-add --cap-drop --security-opt --landlock --tcp --allow-missing --memory -m --memory-reservation --memory-swap --cpus --cpu-quota --cpu-period --cpu-shares --cpuset-cpus --cpuset-mems --pids-limit --blkio-weight --device-read-bps --device-write-bps --device-read-iops --device-write-iops --blkio-weight-device --ulimit --sysctl --oom-score-adj --stop-signal --stop-timeout --skip '
	local flags='--from-docker --rm --read-only --writable --nested-userns --no-cache --privileged --tty -t --no-tty --interactive -i --init --no-init --dry-run --explain --step --verify --stats --explain-denials --verbose --quiet -q --help'

	if [[ ${COMP_WORDS[1]} == audit ]]; then
		valued+=' --format --fail-below --fail-on --compare --only --timeout '
		flags+=' --bisect'
	fi
	if [[ ${COMP_WORDS[1]} == record ]]; then
		valued+=' --output -o '
		flags+=' --merge'
	fi
	if [[ ${COMP_WORDS[1]} == export ]]; then
		valued+=' --to '
		flags+=' '
	fi
	cur=${COMP_WORDS[COMP_CWORD]}
	prev=${COMP_WORDS[COMP_CWORD - 1]}
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'run audit record compose export check apparmor seccomp lesson help version' -- "$cur")
		return
	fi
	case ${COMP_WORDS[1]} in
	run | audit | record | export) ;;
	compose)
		case $prev in
	--file | -f)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--rootfs)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--profile)
		return
		;;
	--env-file)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--env-from-file)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--project-directory)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--project-name | -p)
		return
		;;
	--format)
		mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
		return
		;;
	--fail-on)
		mapfile -t COMPREPLY < <(compgen -W 'unenforceable differently ignored advice never' -- "$cur")
		return
		;;
		esac
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--file -f --rootfs --profile --env-file --env-from-file --project-directory --project-name -p --format --fail-on --no-interpolate --help' -- "$cur")
			return
		fi
		if ((COMP_CWORD == 2)); then
			mapfile -t COMPREPLY < <(compgen -W 'run config check audit' -- "$cur")
		else
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		fi
		return
		;;
	apparmor)
		if ((COMP_CWORD == 2)); then
			mapfile -t COMPREPLY < <(compgen -W 'load unload status' -- "$cur")
		else
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		fi
		return
		;;
	seccomp)
		case $prev in
	--cap-add)
		return
		;;
	--cap-drop)
		return
		;;
	--preset)
		mapfile -t COMPREPLY < <(compgen -W 'docker hardened strict' -- "$cur")
		return
		;;
	--kernel)
		return
		;;
	--arch)
		mapfile -t COMPREPLY < <(compgen -W 'x86_64 x86 x32 aarch64 arm' -- "$cur")
		return
		;;
	--output | -o)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
		esac
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--cap-add --cap-drop --preset --kernel --arch --output -o --json --help' -- "$cur")
			return
		fi
		if ((COMP_CWORD == 2)); then
			mapfile -t COMPREPLY < <(compgen -W 'show test diff compile lint' -- "$cur")
		else
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		fi
		return
		;;
	*) return ;;
	esac
	# bash splits --option=value at the '='.
	if [[ $cur == '=' ]]; then
		cur='' equals=1
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]} equals=1
	fi
	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $valued == *" $word "* ]]; then
			i=$((i + 1))
			[[ ${COMP_WORDS[i]} == '=' ]] && i=$((i + 1))
		elif [[ $word == '=' ]]; then
			i=$((i + 1))
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
	--from-compose)
		return
		;;
	--from-docker)
		if [[ $equals ]]; then
			return
		fi
		;;
	--name)
		return
		;;
	--hostname)
		return
		;;
	--domainname)
		return
		;;
	--add-host)
		return
		;;
	--dns)
		return
		;;
	--dns-search)
		return
		;;
	--dns-option)
		return
		;;
	--dns-opt)
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
	--device)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--secret)
		return
		;;
	--config)
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
	--tcp)
		mapfile -t COMPREPLY < <(compgen -W 'any none' -- "$cur")
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
	--cpu-quota)
		return
		;;
	--cpu-period)
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
	--device-read-bps)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--device-write-bps)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--device-read-iops)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--device-write-iops)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--blkio-weight-device)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
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
		if [[ $equals ]]; then
			mapfile -t COMPREPLY < <(compgen -W 'text json sh dot' -- "$cur")
			return
		fi
		;;
	--explain)
		if [[ $equals ]]; then
			return
		fi
		;;
	--skip)
		return
		;;
	--stats)
		if [[ $equals ]]; then
			mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
			return
		fi
		;;
	--format)
		mapfile -t COMPREPLY < <(compgen -W 'table json markdown html' -- "$cur")
		return
		;;
	--fail-below)
		mapfile -t COMPREPLY < <(compgen -W 'A B C D E F' -- "$cur")
		return
		;;
	--fail-on)
		return
		;;
	--compare)
		return
		;;
	--only)
		return
		;;
	--timeout)
		return
		;;
	--output | -o)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--to)
		mapfile -t COMPREPLY < <(compgen -W 'compose docker podman systemd kubernetes' -- "$cur")
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

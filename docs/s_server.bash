# bash completion for s_server; made by `s_server --completion`.

_s_server_options='
	-help
	-ssl_config
	-trace
	-engine
	-port
	-accept
	-unix
	-unlink
	-4
	-6
	-tfo
	-context
	-CAfile
	-CApath
	-CAstore
	-no-CAfile
	-no-CApath
	-no-CAstore
	-nocert
	-verify
	-Verify
	-nameopt
	-cert
	-cert2
	-certform
	-cert_chain
	-build_chain
	-serverinfo
	-key
	-key2
	-keyform
	-pass
	-dcert
	-dcertform
	-dcert_chain
	-dkey
	-dkeyform
	-dpass
	-dhparam
	-servername
	-servername_fatal
	-nbio_test
	-crlf
	-quiet
	-no_resume_ephemeral
	-www
	-WWW
	-ignore_unexpected_eof
	-tlsextdebug
	-HTTP
	-id_prefix
	-keymatexport
	-keymatexportlen
	-CRL
	-CRLform
	-crl_download
	-chainCAfile
	-chainCApath
	-chainCAstore
	-verifyCAfile
	-verifyCApath
	-verifyCAstore
	-no_cache
	-ext_cache
	-verify_return_error
	-verify_quiet
	-ign_eof
	-no_ign_eof
	-cert_comp
	-ech_key
	-ech_dir
	-ech_noretry_dir
	-ech_trialdecrypt
	-ech_greaseretries
	-status
	-status_all
	-status_verbose
	-status_timeout
	-status_url
	-proxy
	-no_proxy
	-status_file
	-security_debug
	-security_debug_verbose
	-brief
	-rev
	-debug
	-msg
	-msgfile
	-state
	-async
	-max_pipelines
	-naccept
	-keylogfile
	-nbio
	-timeout
	-mtu
	-read_buf
	-split_send_frag
	-max_send_frag
	-psk_identity
	-psk_hint
	-psk
	-psk_session
	-srpvfile
	-srpuserseed
	-max_early_data
	-recv_max_early_data
	-early_data
	-num_tickets
	-anti_replay
	-no_anti_replay
	-http_server_binmode
	-no_ca_names
	-stateless
	-ssl2
	-ssl3
	-tls1
	-tls1_1
	-tls1_2
	-tls1_3
	-dtls
	-listen
	-dtls1
	-dtls1_2
	-sctp
	-sctp_label_bug
	-use_srtp
	-no_dhe
	-nextprotoneg
	-alpn
	-sendfile
	-zerocopy_sendfile
	-ktls
	-enable_server_rpk
	-enable_client_rpk
	-expected-rpks
	-rand
	-writerand
	-no_ssl2
	-no_ssl3
	-no_tls1
	-no_tls1_1
	-no_tls1_2
	-no_tls1_3
	-bugs
	-no_comp
	-comp
	-no_tx_cert_comp
	-no_rx_cert_comp
	-no_ticket
	-serverpref
	-legacy_renegotiation
	-client_renegotiation
	-no_renegotiation
	-legacy_server_connect
	-no_resumption_on_reneg
	-no_legacy_server_connect
	-allow_no_dhe_kex
	-prefer_no_dhe_kex
	-prioritize_chacha
	-strict
	-sigalgs
	-client_sigalgs
	-groups
	-curves
	-named_curve
	-cipher
	-ciphersuites
	-min_protocol
	-max_protocol
	-record_padding
	-debug_broken_protocol
	-no_middlebox
	-no_etm
	-no_ems
	-policy
	-purpose
	-verify_name
	-verify_depth
	-auth_level
	-attime
	-verify_hostname
	-verify_email
	-verify_ip
	-ignore_critical
	-issuer_checks
	-crl_check
	-crl_check_all
	-policy_check
	-explicit_policy
	-inhibit_any
	-inhibit_map
	-x509_strict
	-extended_crl
	-use_deltas
	-policy_print
	-check_ss_sig
	-trusted_first
	-suiteB_128_only
	-suiteB_128
	-suiteB_192
	-partial_chain
	-no_alt_chains
	-no_check_time
	-allow_proxy_certs
	-xkey
	-xcert
	-xchain
	-xchain_build
	-xcertform
	-xkeyform
	-provider-path
	-provider
	-provparam
	-propquery
	--backend
	--unsupported
	--version
	--list-backends
	--list-backends=text
	--list-backends=json
	--list-options
	--list-options=text
	--list-options=markdown
	--list-options=json
	--support
	--support=text
	--support=markdown
	--support=json
	--support=capabilities
	--supports
	--man
	--completion
	--json
	--show-secrets
	--stdin-eof
	--nocommands
	--pcapng
	--readyfile
	--handshake-timeout
	--idle-timeout
	--max-connections
	--close-notify
	--percent-decode
	--fail-on-error
	--workers
'

_s_server()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}

	COMPREPLY=()
	case $before in
	-unix | --unix | -CAfile | --CAfile | -CAstore | --CAstore | -cert | --cert | -cert2 | --cert2 | -cert_chain | --cert_chain | -serverinfo | --serverinfo | -key | --key | -key2 | --key2 | -dcert | --dcert | -dcert_chain | --dcert_chain | -dkey | --dkey | -dhparam | --dhparam | -CRL | --CRL | -chainCAfile | --chainCAfile | -chainCAstore | --chainCAstore | -verifyCAfile | --verifyCAfile | -verifyCAstore | --verifyCAstore | -status_file | --status_file | -msgfile | --msgfile | -keylogfile | --keylogfile | -psk_session | --psk_session | -srpvfile | --srpvfile | -expected-rpks | --expected-rpks | -writerand | --writerand | -xkey | --xkey | -xcert | --xcert | -xchain | --xchain | -pcapng | --pcapng | -readyfile | --readyfile)
		COMPREPLY=($(compgen -f -- "$word"))
		return
		;;
	-CApath | --CApath | -chainCApath | --chainCApath | -verifyCApath | --verifyCApath)
		COMPREPLY=($(compgen -d -- "$word"))
		return
		;;
	-backend | --backend)
		COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" --list-backends 2>/dev/null | cut -d' ' -f1)" -- "$word"))
		return
		;;
	-certform | --certform)
		COMPREPLY=($(compgen -W "PEM DER" -- "$word"))
		return
		;;
	-keyform | --keyform)
		COMPREPLY=($(compgen -W "DER PEM P12 ENGINE" -- "$word"))
		return
		;;
	-dcertform | --dcertform)
		COMPREPLY=($(compgen -W "PEM DER" -- "$word"))
		return
		;;
	-dkeyform | --dkeyform)
		COMPREPLY=($(compgen -W "DER PEM P12 ENGINE" -- "$word"))
		return
		;;
	-CRLform | --CRLform)
		COMPREPLY=($(compgen -W "PEM DER" -- "$word"))
		return
		;;
	-xcertform | --xcertform)
		COMPREPLY=($(compgen -W "PEM DER" -- "$word"))
		return
		;;
	-xkeyform | --xkeyform)
		COMPREPLY=($(compgen -W "PEM DER" -- "$word"))
		return
		;;
	-unsupported | --unsupported)
		COMPREPLY=($(compgen -W "refuse warn" -- "$word"))
		return
		;;
	-stdin-eof | --stdin-eof)
		COMPREPLY=($(compgen -W "auto quit close ignore" -- "$word"))
		return
		;;
	-close-notify | --close-notify)
		COMPREPLY=($(compgen -W "send omit" -- "$word"))
		return
		;;
	-ssl_config | --ssl_config | -engine | --engine | -port | --port | -accept | --accept | -context | --context | -verify | --verify | -Verify | --Verify | -nameopt | --nameopt | -pass | --pass | -dpass | --dpass | -servername | --servername | -id_prefix | --id_prefix | -keymatexport | --keymatexport | -keymatexportlen | --keymatexportlen | -ech_key | --ech_key | -ech_dir | --ech_dir | -ech_noretry_dir | --ech_noretry_dir | -status_timeout | --status_timeout | -status_url | --status_url | -proxy | --proxy | -no_proxy | --no_proxy | -max_pipelines | --max_pipelines | -naccept | --naccept | -mtu | --mtu | -read_buf | --read_buf | -split_send_frag | --split_send_frag | -max_send_frag | --max_send_frag | -psk_identity | --psk_identity | -psk_hint | --psk_hint | -psk | --psk | -srpuserseed | --srpuserseed | -max_early_data | --max_early_data | -recv_max_early_data | --recv_max_early_data | -num_tickets | --num_tickets | -use_srtp | --use_srtp | -nextprotoneg | --nextprotoneg | -alpn | --alpn | -rand | --rand | -sigalgs | --sigalgs | -client_sigalgs | --client_sigalgs | -groups | --groups | -curves | --curves | -named_curve | --named_curve | -cipher | --cipher | -ciphersuites | --ciphersuites | -min_protocol | --min_protocol | -max_protocol | --max_protocol | -record_padding | --record_padding | -policy | --policy | -purpose | --purpose | -verify_name | --verify_name | -verify_depth | --verify_depth | -auth_level | --auth_level | -attime | --attime | -verify_hostname | --verify_hostname | -verify_email | --verify_email | -verify_ip | --verify_ip | -provider-path | --provider-path | -provider | --provider | -provparam | --provparam | -propquery | --propquery | -supports | --supports | -handshake-timeout | --handshake-timeout | -idle-timeout | --idle-timeout | -max-connections | --max-connections | -workers | --workers)
		return
		;;
	esac
	COMPREPLY=($(compgen -W "$_s_server_options" -- "$word"))
}

complete -F _s_server s_server

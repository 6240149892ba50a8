ecpseed	; On the primary of a mirror: gives a peer that has no database a copy of this one. A connection is handed to a process of its own, in which
	; a shell writes to it.
	new d,h ; of HAProxy
	set d="seed",$etrap="set $ecode="""" hang 1 goto ecpseed"
	open d:(listen="/run/ecp/seed.sock:LOCAL":attach="listen"):5:"SOCKET"
	use d write /listen(5)
	for  use d write /wait(60) set h=$key do:$piece(h,"|")="CONNECT"
	. set h=$piece(h,"|",2) use d:detach=h
	. xecute "job give:(input=""SOCKET:"_h_""":output=""SOCKET:"_h_""":error=""/dev/null"")" ; takes literals alone
	quit
give	;
	zsystem "exec /opt/ecp/lib/mirror-seed.sh"
	quit

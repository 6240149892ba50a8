ecpjob	; The resident job of a server. Its lines on standard output are events for ecp-entrypoint: "beat" or "error TEXT".
	; On an application server it touches a remote global every 1.5 s.
	new ok,touch
	set $etrap="goto failed",touch=$ztrnlnm("ECP_TOUCH")
touch	set ok=$data(@touch) write "beat",!
	hang 1.5
	goto touch
failed	write "error ",$translate($piece($zstatus,",",3,99),$char(10,13),"  "),!
	set $ecode="" hang 1
	goto touch
	;
serve	; On the data server: answers sync requests and reads the database every second.
	new d,h,key,last,x
	set $etrap="do broken goto again",d="sync",last=0
	open d:(listen="/run/ecp/sync.sock:LOCAL":delimiter=$char(10):attach="listen"):5:"SOCKET"
again	for  do:$piece($horolog,",",2)'=last  use d write /wait(1) set key=$key do:$piece(key,"|")="READ" request
	. set last=$piece($horolog,",",2),x=$data(^%ecp) use $principal
	. write $select($view("JNLACTIVE","DEFAULT")<2:"error journaling has stopped (disk full?)",1:"beat"),!
	quit
request	;
	set h=$piece(key,"|",2) use d:(socket=h) read x:1
	if x="" close d:(socket=h) quit
	if x="ping" write "pong",! quit
	if x'="sync" write "unknown request",! quit
	if $view("JNLACTIVE","DEFAULT")<2 write "journaling has stopped on the data server",! quit
	view "JNLFLUSH":"DEFAULT" write "ok",!
	quit
broken	; a client that went away must not end the job
	use $principal write:$zstatus'["SOCK" "error ",$translate($piece($zstatus,",",3,99),$char(10,13),"  "),!
	set $ecode=""
	close:$data(h) d:(socket=h) kill h
	quit

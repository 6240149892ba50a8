ecpjob	; The resident job of a server. Its lines on standard output are events for ecp-entrypoint: "beat" or "error TEXT".
	; As a client it touches a remote global every 1.5 s: on an application server, and on the data server as its own client, whose
	; events begin with the word ECP_WORD. After a minute it asks for a new connection.
	new i,ok,touch,word
	set $etrap="goto failed",touch=$ztrnlnm("ECP_TOUCH"),word=$ztrnlnm("ECP_WORD")
touch	for i=1:1 set ok=$data(@touch) write word,$select(i#40:"beat",1:"renew"),! hang 1.5
failed	write word,"error ",$translate($piece($zstatus,",",3,99),$char(10,13),"  "),!
	set $ecode="" hang 1
	goto touch
	;
serve	; On the data server: answers sync requests and reads the database every second.
	new d,file,h,key,last,n,x
	set $etrap="do broken goto again",d="sync",last=0,file=$ztrnlnm("ECP_DIRECTORY")_"synced."
	open d:(listen="/run/ecp/sync.sock:LOCAL":delimiter=$char(10):attach="listen"):5:"SOCKET"
	use d write /listen(5) ; as many as GT.M allows may wait to be taken
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
	; The number of the last confirmed sync is kept beside the journal: a recovery that falls short of it has lost something.
	; In two files by turns, since a crash may come between emptying one and filling it.
	set n=$get(^%ecp)+1,^%ecp=n,x=file_(n#2) view "JNLFLUSH":"DEFAULT"
	open x:newversion use x write n,! close x
	use d:(socket=h) write "ok",!
	quit
synced	write +$get(^%ecp,0),!
	quit
broken	; a client that went away must not end the job
	use $principal write:$zstatus'["SOCK" "error ",$translate($piece($zstatus,",",3,99),$char(10,13),"  "),!
	set $ecode=""
	close:$data(h) d:(socket=h) kill h
	quit

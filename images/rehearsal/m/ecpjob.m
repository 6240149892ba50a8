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
	; After a sync that could not be noted it is in trouble until one can. In a mirror it also asks and answers for confirmations (^ecpmirror).
	new again,asked,d,fault,file,g,h,key,last,level,linked,looked,member,mode,n,noted,owed,run,silent,since,told,wanted,x
	set level=$zlevel,$etrap="do broken^ecpjob zgoto level:again^ecpjob",d="sync",last=0,fault="",run=$ztrnlnm("ECP_RUN"),file=$ztrnlnm("ECP_DIRECTORY")_"synced."
	set member=$ztrnlnm("ECP_MIRROR")'="",(again,asked,looked,since)=0,mode=""
	open d:(listen="/run/ecp/sync.sock:LOCAL":delimiter=$char(10):attach="listen"):5:"SOCKET"
	use d write /listen(5) ; as many as GT.M allows may wait to be taken
	do:member begin^ecpmirror
again	for  do:$piece($horolog,",",2)'=last beat do:member look^ecpmirror use d write /wait($select('member:1,1:$$pause^ecpmirror)) set key=$key do:$piece(key,"|")="READ" request
	quit
beat	;
	set last=$piece($horolog,",",2),x=$data(^%ecp)
	if fault'="" set:$select($ztrnlnm("ECP_MIRROR_AS")="backup":1,1:$$note()) fault=""
	use $principal write $select('$$active():"error journaling has stopped (disk full?)",fault'="":"error "_fault,1:"beat"),!
	quit
request	;
	set h=$piece(key,"|",2) if member,h="confirm" do answered^ecpmirror quit
	use d:(socket=h) read x:1
	if x="" close d:(socket=h) quit
	if x="ping" write "pong",! quit
	if x="run" write "run ",run,! quit
	if member,$piece(x," ")'="sync" do request^ecpmirror quit
	if $piece(x," ")'="sync" write "unknown request",! quit
	if $piece(x," ",2)'="",$piece(x," ",2)'=run write "anew ",run,! quit
	if member do sync^ecpmirror quit
	set x=$$note() use d:(socket=h) write $select(x:"ok",1:"journaling has stopped on the data server"),!
	quit
active()	; is every write in the journal?
	quit $view("JNLACTIVE","DEFAULT")>1
journaled	; 0 when GT.M has given the journal of this closed database up
	set x=$data(^%ecp) write $$active(),!
	quit
note()	; all writes so far are in the journal, and the number of this sync beside it: a recovery that falls short of it has lost something
	; GT.M gives a journal up in the middle of a flush, without an error: so whether it is active is asked afterwards as well.
	quit:'$$active() 0
	set n=$get(^%ecp)+1,^%ecp=n
	quit $$flush()
flush()	; what this database has is on disk, and n beside it
	view "JNLFLUSH":"DEFAULT"
	quit:'$$active() 0
	; In two files in turn, since a crash may come between emptying one and filling it.
	set noted=file_(n#2) open noted:newversion use noted write n,! close noted kill noted
	quit 1
run	; of the primary whose writes these are
	write $get(^%ecp("run")),!
	quit
synced	write +$get(^%ecp,0),!
	quit
broken	; a client that went away must not end the job
	set g=$translate($piece($zstatus,",",3,99),$char(10,13),"  ")
	if $zstatus'["SOCK" set fault=g use $principal write "error ",g,!
	set $ecode=""
	do:member drop^ecpmirror
	if $data(noted) set g=noted kill noted close g
	if $data(h) set g=h kill h,wanted(g) close d:(socket=g)
	quit

ecpmirror	; What the job of ecpjob (serve) does in a mirror, with its variables. It never waits: while the backup is silent others are served.
	; mode: "with E" a sync needs the confirmation of the backup in epoch E, "alone E" it does not, "closed E" none is answered,
	;   "confirm E" this is the backup and confirms; from the file that lib/mirror-hooks.sh writes.
	; owed(n,socket): what the backup has to confirm, "1|" when no mode makes up for that, and until when. asked: the number that it was asked for
	;   and has not answered, since when; again: not before. wanted(socket): what this backup has been asked for.
	; silent: since when the backup has confirmed nothing that it was asked for, told: the agent knows. looked: when this job looked last; while it
	;   stood still itself, nobody was silent.
	quit
begin	;
	do heard
	set:$ztrnlnm("ECP_MIRROR_AS")="primary" ^%ecp("run")=run
learn	; the mode; it decides about what is owed
	new f,g,i
	set f="/run/ecp/mirror/mode" open f:readonly use f read mode close f
	do:mode'?1"with".E heard
	set i="" for  set i=$order(owed(i)) quit:i=""  set g="" for  set g=$order(owed(i,g)) quit:g=""  do:'owed(i,g)
	. if mode?1"alone".E do answer(i,g,"ok")
	. if mode'?1"alone".E,mode'?1"with".E do answer(i,g,$$idle())
	quit
idle()	quit "this member of the mirror does not serve"
answer(n,g,words)	;
	kill owed(n,g)
	use d:(socket=g) write words,!
	quit
now()	quit $zut/1000000
sync	; noted here, then owed until the backup has it too
	if mode'?1"with".E,mode'?1"alone".E use d:(socket=h) write $$idle(),! quit
	if '$$note^ecpjob() use d:(socket=h) write "journaling has stopped on the data server",! quit
	if mode?1"alone".E use d:(socket=h) write "ok",! quit
	set owed(n,h)="0|"_($$now()+7)
	quit
request	; h asks for x
	if x="mode" do learn use d:(socket=h) write "mode ",mode,! quit
	if x="confirmed" do  quit
	. if mode?1"confirm".E use d:(socket=h) write "no",! quit
	. if '$$note^ecpjob() use d:(socket=h) write "no",! quit
	. set owed(n,h)="1|"_($$now()+2)
	if $piece(x," ")'="confirm" use d:(socket=h) write "unknown request",! quit
	if mode'=("confirm "_$piece(x," ",2))!($piece(x," ",4)'?1.15N) use d:(socket=h) write "no",! quit
	set wanted(h)=$piece(x," ",4)_"|"_$piece(x," ",3)
	quit
pause()	; how long to wait for requests
	quit $select($data(wanted):.002,$data(owed)&'asked:.05,silent:.25,1:1)
look	; at what is owed and what is wanted
	new t
	set t=$$now() if looked,t>(looked+2) set:asked since=t set:silent silent=t
	set looked=t
	do:$data(owed)!silent ask
	do:$data(wanted) confirm
	quit
ask	; at t: the backup for the largest number that is owed, one question at a time
	new g,i
	set i="" for  set i=$order(owed(i)) quit:i=""  set g="" for  set g=$order(owed(i,g)) quit:g=""  do:$piece(owed(i,g),"|",2)<t answer(i,g,"the backup has not confirmed it")
	if asked,t>(since+3) do drop
	if '$data(owed),mode'?1"with".E do heard quit
	if silent,'told,t>(silent+4) do unheard
	quit:asked!(t<again)
	set since=t,again=t+.3 set:'silent silent=t
	if '$data(linked) open d:(connect="/run/ecp/confirm-out.sock:LOCAL":attach="confirm":delimiter=$char(10)):1:"SOCKET" quit:'$test
	; Where nothing is owed any more it is asked for what it should have long since.
	set linked=1,asked=$select($data(owed):$order(owed(""),-1),1:+$get(^%ecp)),again=0
	use d:(socket="confirm") write "confirm ",$piece(mode," ",2)," ",run," ",asked,!
	quit
answered	; by the backup
	new g,i
	use d:(socket="confirm") read x:1
	if x'=("ok "_asked) do drop quit
	do heard
	set i="" for  set i=$order(owed(i)) quit:i=""!(i>asked)  set g="" for  set g=$order(owed(i,g)) quit:g=""  do answer(i,g,"ok")
	set asked=0
	quit
heard	; the backup confirms, or need not
	new f
	set silent=0 quit:$get(told)=0
	set told=0,f="/run/ecp/mirror/unconfirmed" open f:newversion close f:delete
	quit
unheard	; for the agent
	new f
	set f="/run/ecp/mirror/unconfirmed" open f:newversion close f
	set told=1
	quit
drop	; the connection; another one is made a little later
	set asked=0,again=$$now()+.3
	close:$data(linked) d:(socket="confirm") kill linked
	quit
confirm	; that this backup has what it was asked for, on disk. A number alone says nothing: a primary that crashed may have given it out a second
	; time. So each begins a run, which is in the database before its first number.
	set n=+$get(^%ecp),g=""
	for  set g=$order(wanted(g)) quit:g=""  if wanted(g)'>n,$piece(wanted(g),"|",2)=$get(^%ecp("run")) do
	. set x=+wanted(g),h=g kill wanted(g)
	. set x=$select($$flush^ecpjob():"ok "_x,1:"no")
	. use d:(socket=h) write x,!
	quit

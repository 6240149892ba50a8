ecpnode	; ecp-node's verbs, one a process, or a session of them. The rehearsal engine, not InterSystems IRIS.
	; A reference is parsed and rebuilt, never executed: only its checked name meets indirection, subscripts stay in sub().
	; Errors are one sentence on standard error (in a session: an answer) and an exit code: 1 undefined or failed,
	; 2 refused input, 3 data server not reachable.
	new code,err,run,srv,text,verb
	set $etrap="goto trap",verb=$ztrnlnm("ECP_VERB"),code=0,srv=1
	use $principal:(width=1048576:nowrap)
	if verb="session" do session zhalt code
	set text=$ztrnlnm("ECP_REF")
	do parse(text) if err="",at'>$length(text) set err="<SYNTAX> unexpected text after the reference",code=2
	if err="",verb="set"!(verb="kill") do learn
	if err="",verb="set" set text=$$input()
	if err="" do access($select(verb="get":"get",verb="set":"set(text)",verb="kill":"kill",1:"zwrite"))
	if err="",verb="set"!(verb="kill") do owe
	do:err'="" complain
	zhalt code
	;
get	; the value as it is
	write @gvn,!
	quit
access(what)	; in a mirrored cluster what has met a lost connection, or a member that does not serve, is tried again: all but zwrite can be repeated
	new again,late
	if '$$mirrored!(what="zwrite") do @what quit
	set late=$$now()+9 for  do once quit:'again  hang .1
	quit
once	;
	new $etrap
	set $etrap="do retry",again=0
	do @what
	quit
retry	; other errors, and this one when it is late, are left to the handler above
	if $$now()>late!'$$cut($zstatus) quit
	set again=1,$ecode=""
	quit
mirrored()	quit $ztrnlnm("ECP_MIRROR_MEMBERS")'=""&($ztrnlnm("ECP_ROLE")="app-server")
now()	quit $zut/1000000
cut(z)	quit z["NET"!(z["ECLOST")!(z["LNKLOST")!(z["ENO")!(z["SCNDDBNOUPD")
set(value)	;
	if $length(value)>32000 set err="<MAXSTRING> a value is longer than 32000 bytes",code=2 quit
	set @gvn=value
	quit
kill	;
	kill @gvn
	quit
zwrite	; own $query loop: names and subscripts as the user writes them
	new i,n,r
	set n=sub,r=gvn write:$data(@gvn)#10 $$label()_"="_$zwrite(@gvn),!
	for  set r=$query(@r) quit:r=""  quit:'$$below()  write $$show(r),!
	quit
below()	; is r still below the node asked for?
	new i,yes
	set yes=$qsubscript(r,0)=("^"_$$encode(name)) for i=1:1:n quit:'yes  set yes=$qsubscript(r,i)=sub(i)
	quit yes
show(r)	;
	new i,s
	set s="^"_name for i=1:1:$qlength(r) set s=s_$select(i=1:"(",1:",")_$zwrite($qsubscript(r,i))
	quit s_$select($qlength(r):")",1:"")_"="_$zwrite(@r)
input()	; all of standard input, without one trailing newline
	new line,value,n
	set value=""
	for n=0:1 read line quit:$zeof&(line="")  set value=value_$select(n:$char(10),1:"")_line quit:$length(value)>32000!$zeof
	quit value
	;
parse(t)	; sets name, sub, gvn and at (the first character after the reference), or err and code
	new c,q,s
	kill sub set sub=0,err="",code=0,at=2
	for  quit:$extract(t,at)'?1(1AN,1".")  set at=at+1
	set name=$extract(t,2,at-1)
	if $extract(t)'="^"!(name'?1A.(1AN,1"."))!(name?.E1".") do no("SYNTAX","a reference is ^name or ^name(subscript,...)") quit
	if $length($$encode(name))>31 do no("SYNTAX","the name "_name_" is too long") quit
	set gvn="^"_$$encode(name)
	if $ztrnlnm("ECP_ROLE")="app-server",'$$mapped(name) do  quit
	. do no("UNMAPPED","^"_name_" is not mapped to the data server ("_$ztrnlnm("ECP_NAMESPACE")_" has "_$ztrnlnm("ECP_NAMES")_")")
	set srv=$$owner(gvn)
	quit:$extract(t,at)'="("
	for  do  quit:err'=""!(c'=",")
	. set at=at+1 do literal(t) quit:err'=""
	. if s="" do no("SUBSCRIPT","a subscript must not be empty") quit
	. set sub=sub+1,sub(sub)=s,c=$extract(t,at) if c'=",",c'=")" do no("SYNTAX","expected , or ) after a subscript")
	quit:err'=""
	set at=at+1,q=0 for c=1:1:sub set q=q+$length(sub(c))+2,gvn=gvn_$select(c=1:"(",1:",")_"sub("_c_")"
	set gvn=gvn_")" if sub>30!(q>500) do no("SUBSCRIPT","at most 30 subscripts of together 500 bytes")
	quit
literal(t)	; a number or a string at position at of t -> s
	new from,q
	set s="",from=at
	if $extract(t,at)'="""" do  quit
	. for  quit:$extract(t,at)'?1(1N,1".",1"-")  set at=at+1
	. set q=$extract(t,from,at-1)
	. if q'?.1"-"1.18N.1(1"."1.18N),q'?.1"-"1"."1.18N do no("SYNTAX","a subscript is a number or a ""string""") quit
	. set s=+q do:$length($translate(q,"-."))>18 no("SYNTAX","a number has at most 18 digits")
	for  set q=$find(t,"""",at+1) do  quit:'q  quit:$extract(t,q)'=""""  set s=s_"""",at=q
	. if 'q do no("SYNTAX","a string does not end") quit
	. set s=s_$extract(t,at+1,q-2)
	set at=q
	quit
no(kind,what)	;
	set err="<"_kind_"> "_what,code=2
	quit
owner(gvn)	; number of the data server that has it; regions are ECP, ECP2 and so on
	quit:$ztrnlnm("ECP_ROLE")'="app-server" 1
	quit $select($extract($view("REGION",gvn),4,9):$extract($view("REGION",gvn),4,9),1:1)
mapped(name)	; is it one of ECP_NAMES? Each is a name, or a prefix and *.
	new i,p,yes
	set yes=0
	for i=1:1:$length($ztrnlnm("ECP_NAMES")," ") set p=$piece($ztrnlnm("ECP_NAMES")," ",i) do  quit:yes
	. set yes=$select(p?.E1"*":$extract(name,1,$length(p)-1)=$extract(p,1,$length(p)-1),1:name=p)
	quit yes
encode(name)	; GT.M names have no dot: . is ZD and Z is ZZ, prefixes stay prefixes. The only place that knows.
	new c,i,s
	set s="" for i=1:1:$length(name) set c=$extract(name,i),s=s_$select(c=".":"ZD",c="Z":"ZZ",1:c)
	quit s
globals	; of the database, as GT.M writes them
	new g
	set g="^%" if $data(@g) write "%",!
	for  set g=$order(@g) quit:g=""  write $extract(g,2,99),!
	quit
names	; for the global directory: patterns of ECP_MAPPED as GT.M writes them
	new i
	for i=1:1:$length($ztrnlnm("ECP_MAPPED")," ") write $$encode($piece($ztrnlnm("ECP_MAPPED")," ",i)),!
	quit
	;
session	; commands from standard input, each answered on standard output; the connection stays open
	; On a terminal that nobody types on it ends: Docker leaves the process of a `docker exec -it` behind whose client is gone.
	new bad,idle,level,line,tty,word
	set idle=$ztrnlnm("ECP_IDLE_SEC") set:idle'?1.6N idle=900
	set tty=$ztrnlnm("ECP_TTY"),bad=0,level=$zlevel,$etrap="do explain,answer set $ecode="""" zgoto level:next"
	write:tty "The rehearsal engine on "_$ztrnlnm("HOSTNAME")_". This is not InterSystems IRIS. Commands: help",!
next	for  write:tty "ecp> " do:tty typed read:'tty line write:tty ! quit:$zeof&(line="")!(idle=-1)  set err="",code=0 do:line'=""  quit:line="."  do answer
	. if $length(line)=32767 for  quit:$length(line)<32767  read line quit:$zeof  if $length(line)<32767 set line="too long"
	. set word=$zconvert($piece(line," "),"L"),text=$piece(line," ",2,999999)
	. if word="halt"!(word="h") set line="." quit
	. if word="sync" do sync quit
	. if word="help" write "set REF=VALUE | write REF | kill REF | zwrite REF | sync | halt; REF is ^name or ^name(sub,...)",! quit
	. if (" set s write w kill k zwrite zw ")'[(" "_word_" ")!(word="") do no("SYNTAX","unknown command (try help)") quit
	. do parse(text) quit:err'=""
	. set text=$extract(text,at,$length(text))
	. if $extract(word)="s" do  quit
	. . set text=$extract(text,2,$length(text))_$select($extract(text)="=":"",1:"?"),word=$zwrite(text,1)
	. . if word="",text'="""""" do no("SYNTAX","a value is a number or a ""string""") quit
	. . do:'$data(run(srv)) learn do:err="" access("set(word)")
	. if text'="" do no("SYNTAX","unexpected text after the reference") quit
	. if $extract(word)="k",'$data(run(srv)) do learn quit:err'=""
	. do access($select(word["z":"zwrite",$extract(word)="k":"kill",1:"get"))
	set code=bad
	quit
typed	;
	read line:idle quit:$test
	write !,"Nothing was typed for "_idle_" s: the session ends." set idle=-1
	quit
answer	; a terminal stays silent as M does; a program gets one last line for each command
	use $principal
	set:err'="" bad=1 write:err'=""!'tty $select(err'="":err,1:"ok"),!
	quit
sync	; every acknowledged write is in the data server's journal when this returns without err
	; What was written to a data server that has crashed since may be lost, so the sync names the run of the data server that took the
	; writes. A connection that rested has been ended by HAProxy, one through a part that was replaced as well: hence a second attempt.
	; All are asked, also after one that fails: what each has to tell is told once.
	new srv,worst
	set worst="" for srv=1:1:$select($ztrnlnm("ECP_SERVERS")>1:$ztrnlnm("ECP_SERVERS"),1:1) do
	. set err="",code=0 do synced
	. if err'="",code>$piece(worst,":") set worst=code_":"_err
	set err=$piece(worst,":",2,99),code=+worst
	quit
synced	; at one data server
	new answer
	set answer=$$ask("sync "_$get(run(srv))) quit:answer="ok"
	if $piece(answer," ")="anew" set run(srv)=$piece(answer," ",2),err="<NETWORK> sync: the data server restarted after a crash: writes since the last sync may be lost",code=1 quit
	set err="<NETWORK> sync: "_answer,code=3
	quit
learn	; sets run to the run of the data server, before the first write there
	new answer
	if $ztrnlnm("ECP_RUN")'="" set run(srv)=$ztrnlnm("ECP_RUN") quit
	set answer=$$ask("run") if $piece(answer," ")="run" set run(srv)=$piece(answer," ",2) quit
	set err="<NETWORK> "_answer,code=3
	quit
owe	; a later `ecp-node sync` has to ask for the run that took this write
	new d
	set d=$ztrnlnm("ECP_OWED")_"."_$select(srv>1:srv_":",1:"")_run(srv) open d:newversion close d
	quit
ask(words)	; the data server's answer, or why there is none
	new answer,late,try
	if $$mirrored set late=$$now()+9 for  set answer=$$tell() quit:" ok run anew "[(" "_$piece(answer," ")_" ")&(answer'="")!($$now()>late)  hang .1
	if '$$mirrored for try=1,2 set answer=$$tell() quit:answer'=""
	quit $select(answer'="":answer,1:"no answer from the data server")
tell()	; the answer, or "" when the connection ends without one
	new $etrap,d,late,x
	set $etrap="goto lost",d="sync"_srv
	if '$data(sync(srv)) open d:(connect="/run/ecp/sync"_$select(srv>1:"."_srv,1:"")_".sock:LOCAL":attach=d:delimiter=$char(10)):5:"SOCKET" quit:'$test "the data server is not reachable"
	set sync(srv)=1
	use d write words,! read x:8 set late='$test use $principal
	if (" ok run anew ")'[(" "_$piece(x," ")_" ")!(x="") do hangup
	quit $select(x'="":x,late:"no answer from the data server",1:"")
lost	;
	set $ecode="" do hangup quit ""
hangup	;
	use $principal close "sync"_srv kill sync(srv)
	quit
alone	; ecp-node sync
	new code,err,i,one,run,srv
	set $etrap="goto trap",err="",code=0
	for i=1:1:$length($ztrnlnm("ECP_OWED_RUNS"),",") set one=$piece($ztrnlnm("ECP_OWED_RUNS"),",",i),srv=$select(one[":":+one,1:1) do
	. set run(srv)=$get(run(srv))_$select($get(run(srv))="":"",1:",")_$piece(one,":",$length(one,":"))
	do sync,complain:err'="" zhalt code
	;
trap	;
	do explain,complain zhalt code
complain	;
	new d
	set d="/dev/stderr" open d:(append):0 use d write err,! close d use $principal
	quit
explain	; GT.M's error as a sentence in M's words
	new z
	set z=$piece($zstatus,",",3,99),code=1
	if z["GVUNDEF" set err="<UNDEFINED> "_$$label() quit
	if z["GVSUBOFLOW" set err="<SUBSCRIPT> the reference is too long",code=2 quit
	if z["SCNDDBNOUPD" set err="<ERROR> this member of the mirror is the backup: it takes no writes" quit
	if $$cut(z) set err="<NETWORK> the data server is not reachable: "_z,code=3 quit
	set err="<ERROR> "_z
	quit
label()	; the present reference as the user writes it
	new i,s
	set s="^"_name for i=1:1:sub set s=s_$select(i=1:"(",1:",")_$zwrite(sub(i))
	quit s_$select(sub:")",1:"")

ecpbench	; One action again and again for a while, as quickly as it goes, in an application server of the rehearsal engine.
	; Prints "microseconds count" for each latency that occurred, or nothing when it came too late to begin with the others.
	new action,end,from,h,i,node,seconds,start,sync,took,x
	set action=$ztrnlnm("BENCH_ACTION"),start=$ztrnlnm("BENCH_START_US"),node=$ztrnlnm("HOSTNAME")
	set end=start+($ztrnlnm("BENCH_SEC")*1000000)
	; The first access connects, the first thousand writes make the nodes.
	if action'="write" for i=0:1:999 set ^demoZDbench(node,i)=i
	do @action^ecpbench(0) lock
	quit:$zut>start
	hang start-$zut/1000000
	for i=1:1 set from=$zut quit:from>end  do @action^ecpbench(i) set took=$zut-from,h(took)=$get(h(took))+1
	set took="" for  set took=$order(h(took)) quit:took=""  write took," ",h(took),!
	quit
write(i)	;
	set ^demoZDbench(node,i#1000)=i
	quit
read(i)	;
	set x=^demoZDbench(node,i#1000)
	quit
lock(i)	; of its own: a lock that another server holds would be waited for
	lock +^demoZDbench(node) lock -^demoZDbench(node)
	quit
sync(i)	; as ecpnode does it in a session
	set ^demoZDbench(node,i#1000)=i
	open:'$data(sync) "sync":(connect=$ztrnlnm("BENCH_SYNC")_":LOCAL":attach="sync":delimiter=$char(10)):5:"SOCKET"
	use "sync" write "sync",! read x:8 use $principal
	set sync=1 if x'="ok" write "error: sync: ",x,! halt
	quit

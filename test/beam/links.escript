#!/usr/bin/env escript
%%! +S 1:1 -noinput
%% Plays random programs of links, monitors, traps and kills (links.h) on the BEAM.
%%
%%	links.escript FILE	what they came to, as lua_links.c says it
%%
%% Where Erlang's model is another than kith's, an actor here asks or drops what makes them alike:
%% doc/design/13-beam.md says what and why. One scheduler: what is asked last is answered last.
-mode(compile).

main([File]) ->
	{ok, Text} = file:read_file(File),
	Lines = [string:lexemes(L, " ") || L <- string:lexemes(binary_to_list(Text), "\n")],
	process_flag(trap_exit, true),
	lists:foldl(fun line/2, none, Lines).

%% ---- The conductor ----

line(["program", Program, Nr], _) ->
	Actors = maps:from_list([{N, start(N)} || N <- lists:seq(1, list_to_integer(Nr))]),
	#{program => Program, settle => 1, actors => Actors, scripts => #{}};
line(["settle"], #{settle := Settle, actors := Actors, scripts := Scripts} = Play) ->
	[Pid ! {know, Actors} || {_, Pid} <- maps:to_list(Actors)],
	[Pid ! {perform, maps:get(N, Scripts, [])} || {N, Pid} <- maps:to_list(Actors)],
	settle(maps:values(Actors)),
	Play#{settle := Settle + 1, actors := outcome(Play, said()), scripts := #{}};
line([Actor | Ops], #{scripts := Scripts} = Play) ->
	Parsed = [string:split(Op, ":", all) || Op <- Ops],
	Play#{scripts := Scripts#{list_to_integer(Actor) => Parsed}}.

start(N) ->
	Conductor = self(),
	Pid = spawn(fun() -> actor(N, Conductor, [], #{}) end),
	monitor(process, Pid),
	Pid.

%% Until nobody runs, or has anything to read, three times in a row.
settle(Pids) -> settle(Pids, none, 3).
settle(_, _, 0) -> ok;
settle(Pids, Before, N) ->
	erlang:yield(),
	Children = born(),
	Now = [process_info(P, [status, message_queue_len, reductions]) || P <- Pids ++ Children],
	{message_queue_len, Said} = process_info(self(), message_queue_len),
	Quiet = lists:all(fun(Info) -> Info =:= undefined orelse
		lists:keyfind(status, 1, Info) =:= {status, waiting} andalso
		lists:keyfind(message_queue_len, 1, Info) =:= {message_queue_len, 0} end, Now),
	Seen = {[Info =:= undefined || Info <- Now], Said},
	settle(Pids, Seen, if Quiet, Seen =:= Before -> N - 1; true -> 3 end).

%% Those whose birth stands in the mailbox.
born() ->
	{messages, Messages} = process_info(self(), messages),
	[Pid || {say, _, "born", _, Pid} <- Messages].

%% All that has come.
said() ->
	receive
		{say, _, _, _, _} = Line -> [Line | said()];
		{'DOWN', _, process, Pid, Reason} -> [{down, Pid, Reason} | said()]
	after 0 -> []
	end.

%% Tells what came; gives the actors that are left.
outcome(#{program := Program, settle := Settle, actors := Actors}, Said) ->
	Born = maps:from_list([{N, Pid} || {say, _, "born", N, Pid} <- Said]),
	Killed = [N || {say, _, "kill", N, "ok"} <- Said],
	Ended = maps:from_list(
		[{N, fate(N, Reason, Killed)} || {down, Pid, Reason} <- Said,
			{N, P} <- maps:to_list(Actors), P =:= Pid] ++
		[{N, "early"} || {N, Pid} <- maps:to_list(Born), not is_process_alive(Pid)]),
	Left = maps:without(maps:keys(Ended), maps:merge(Actors, Born)),
	[monitor(process, Pid) || {N, Pid} <- maps:to_list(Born), is_map_key(N, Left)],
	Key = fun({say, A, What, P, _}, {say, B, Other, Q, _}) -> {A, What, P} =< {B, Other, Q} end,
	Lines = lists:sort(Key, [L || {say, A, What, _, _} = L <- Said,
		not is_map_key(A, Ended) orelse not lists:member(What, ["exit", "down", "got"])]),
	[io:format("~s.~b ~b ~s ~b ~s~n", [Program, Settle, A, What, P, rest(What, P, Rest, Killed)])
		|| {say, A, What, P, Rest} <- Lines],
	[io:format("~s.~b ~b ended ~s~n", [Program, Settle, N, How])
		|| {N, How} <- lists:sort(maps:to_list(Ended))],
	Left.

rest("born", _, _, _) -> "ok";
rest("got", _, N, _) -> integer_to_list(N);
rest(What, P, Reason, Killed) when What =:= "exit"; What =:= "down" -> fate(P, Reason, Killed);
rest(_, _, Verdict, _) -> Verdict.

%% A linked peer's reason goes on from one to the next: only the first bears its own number.
fate(_, normal, _) -> "normal";
fate(N, {failure, N}, _) -> "failed";
fate(_, {failure, _}, _) -> "linked";
fate(N, killed, Killed) ->
	case lists:member(N, Killed) of
		true -> "killed";
		false -> "linked"
	end;
fate(_, Other, _) -> io_lib:format("odd ~p", [Other]).

%% ---- An actor; its dictionary holds {pid, N}, {actor, Pid}, {monitor, N} and how much it sent ----

actor(N, Conductor, How, Known) ->
	put(self, N),
	put(conductor, Conductor),
	maps:foreach(fun know/2, Known),
	know(N, self()),
	case How of
		[] -> obey();
		[Op] -> perform([Op])
	end.

say(What, Peer, Rest) -> get(conductor) ! {say, get(self), What, Peer, Rest}.

know(N, Pid) -> put({pid, N}, Pid), put({actor, Pid}, N).

obey() ->
	receive
		{know, Actors} ->
			maps:foreach(fun know/2, Actors);
		{perform, Ops} ->
			[perform(Op) || Op <- Ops];
		{m, From, Nr} ->
			say("got", From, Nr);
		{'DOWN', _, process, Pid, Reason} ->
			erase({monitor, get({actor, Pid})}),
			say("exit", get({actor, Pid}), Reason);
		{'EXIT', _, normal} -> % kith tells a link of failures alone
			ok;
		{'EXIT', Pid, Reason} ->
			say("down", get({actor, Pid}), Reason)
	end,
	obey().

perform(["end"]) -> exit(normal);
perform(["fail"]) -> exit({failure, get(self)});
perform(["trap", How]) -> process_flag(trap_exit, How =:= "on");
perform(["spawn" ++ Kind, N | How]) -> give_birth(Kind, list_to_integer(N), How);
perform([Op, N]) -> act(Op, list_to_integer(N)).

give_birth(Kind, N, How) ->
	Conductor = get(conductor),
	Known = #{get(self) => self()},
	Linked = [link || string:find(Kind, "linked") =/= nomatch],
	Monitored = [monitor || string:find(Kind, "monitored") =/= nomatch],
	Made = spawn_opt(fun() -> actor(N, Conductor, How, Known) end, Linked ++ Monitored),
	Pid = case Made of
		{P, Ref} -> put({monitor, N}, Ref), P;
		P -> P
	end,
	know(N, Pid),
	say("born", N, Pid).

%% Of those who are gone Erlang tells later, by a signal; kith at once.
act(Op, N) ->
	Pid = get({pid, N}),
	case Pid =/= undefined andalso is_process_alive(Pid) of
		true when Op =:= "kill" -> % it may be the own end as well
			say(Op, N, "ok"),
			exit(Pid, kill);
		true ->
			say(Op, N, do(Op, N, Pid));
		false when Op =:= "unmonitor", Pid =/= undefined ->
			say(Op, N, do(Op, N, Pid));
		false when Op =:= "unlink", Pid =/= undefined ->
			say(Op, N, "ok");
		false ->
			say(Op, N, "gone")
	end.

do("link", _, Pid) -> link(Pid), "ok";
do("unlink", _, Pid) -> unlink(Pid), "ok";
do("monitor", _, Pid) when Pid =:= self() -> "ok";
do("monitor", N, Pid) ->
	case get({monitor, N}) of
		undefined -> put({monitor, N}, monitor(process, Pid)), "ok";
		_ -> "already"
	end;
do("unmonitor", N, _) ->
	case erase({monitor, N}) of
		undefined -> ok;
		Ref -> demonitor(Ref)
	end,
	"ok";
do("send", _, Pid) ->
	Nr = case get(sent) of undefined -> 1; Sent -> Sent + 1 end,
	put(sent, Nr),
	Pid ! {m, get(self), Nr},
	"ok".

%% The workloads of bench/lua on Erlang/OTP: the same names, arguments, laws and RESULT lines.
%%	erl +S 1:1 +P 2000000 -boot start_clean -noshell -pa DIR -s bench -extra pingpong same 1000000
-module(bench).
-behaviour(supervisor).
-export([start/0, idle/0, tree/3, init/1, crasher/1]).

start() ->
    logger:set_primary_config(level, none), % kith's log is off as well
    [Name | Arguments] = init:get_plain_arguments(),
    Status =
        try run(Name, Arguments), 0
        catch C:E:S -> io:format("~p ~p ~p~n", [C, E, S]), 1 end,
    erlang:halt(Status, [{flush, true}]).

int(Text) -> list_to_integer(Text).
result(Metric, Value) -> io:format("RESULT ~s ~.3f~n", [Metric, float(Value)]).
timed(F) -> T = erlang:monotonic_time(nanosecond), F(), erlang:monotonic_time(nanosecond) - T.
spread(Name, List) ->
    N = length(List), S = list_to_tuple(lists:sort(List)),
    [result([Name, "_", Text, "_us"], element(max(1, round(P * N)), S) / 1000)
     || {Text, P} <- [{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}]].

run("pingpong", [Where, Count]) ->
    N = int(Count), Me = self(),
    {A, B} = case Where of "same" -> {[], []}; "other" -> {[{scheduler, 1}], [{scheduler, 2}]} end,
    spawn_opt(fun() ->
        P = spawn_opt(fun pong/0, B),
        ping(P, N div 10),
        Me ! {took, timed(fun() -> ping(P, N) end)} end, A),
    result("ns_per_rt", receive {took, T} -> T end / N);
run("pairs", [Pairs, Count]) ->
    {P, N} = {int(Pairs), int(Count)},
    pairs(P, N div 10),
    result("ns_per_rt", pairs(P, N) / (P * N));
run("ring", [Size, Tokens, Hops]) ->
    {P, T, H} = {int(Size), int(Tokens), int(Hops)},
    ring(P, T, H div 10 div T),
    result("ns_per_hop", ring(P, T, H div T) / H);
run("fanin", [Senders, Count]) ->
    {S, N} = {int(Senders), int(Count)},
    fanin(S, N div 20),
    result("ns_per_msg", fanin(S, N) / (S * N));
run("spawnexit", [Count]) ->
    B = int(Count) div 1000,
    spawnexit(max(1, B div 50)),
    result("ns_per_spawn", timed(fun() -> spawnexit(B) end) / (B * 1000));
run("idle", [Count]) ->
    N = int(Count),
    Pids = ets:new(pids, []),
    T = timed(fun() -> [ets:insert(Pids, {I, spawn(fun idle/0)}) || I <- lists:seq(1, N)] end),
    [begin
        [{I, P}] = ets:lookup(Pids, I), P ! {work, self(), I}, receive {result, I} -> ok end
     end || I <- lists:seq(1, N, max(1, N div 100))],
    timer:sleep(300),
    result("us_per_spawn", T / N / 1000), result("processes", N);
run("tree", [Size]) ->
    N = int(Size),
    top(N div 10),
    result("ms", timed(fun() -> top(N) end) / 1.0e6);
run("cascade", [Form, Count]) ->
    N = int(Count),
    cascade(Form, N div 10),
    result("ns_per_process", cascade(Form, N) / N);
run("relations", [Count]) ->
    N = int(Count), P = spawn(fun idle/0),
    L = fun() -> [begin link(P), unlink(P) end || _ <- lists:seq(1, N)] end,
    M = fun() -> [begin R = monitor(process, P), demonitor(R, [flush]) end || _ <- lists:seq(1, N)] end,
    L(), result("ns_link_unlink", timed(L) / N),
    M(), result("ns_monitor_unmonitor", timed(M) / N);
run("restart", [Count]) ->
    N = int(Count), Me = self(),
    K = spawn(fun() -> process_flag(trap_exit, true), keeper(Me) end),
    crashes(N div 10),
    result("us_per_restart", timed(fun() -> crashes(N) end) / N / 1000),
    exit(K, kill);
run("supervisor", [Count]) ->
    N = int(Count),
    {ok, S} = supervisor:start_link(?MODULE, self()),
    crashes(10),
    result("us_10th", timed(fun() -> crashes(1000) end) / 1000 / 1000),
    crashes(N - 1010),
    result("us_10000th", timed(fun() -> crashes(1000) end) / 1000 / 1000),
    unlink(S), exit(S, kill);
run("timers", [Count]) ->
    N = int(Count), Me = self(),
    Rx = spawn_opt(fun() ->
        Me ! {late, [receive {due, At} -> erlang:monotonic_time(nanosecond) - At end || _ <- lists:seq(1, N)]}
    end, [{message_queue_data, off_heap}]),
    T = timed(fun() ->
        [begin
            D = 1 + I * 7919 rem 1000,
            erlang:send_after(D, Rx, {due, erlang:monotonic_time(nanosecond) + D * 1000000})
         end || I <- lists:seq(1, N)] end),
    L = receive {late, X} -> X end,
    result("arm_ns", T / N), spread("late", L);
run("cancels", [Count]) ->
    N = int(Count), cancels(N div 10),
    result("ns_start_cancel", timed(fun() -> cancels(N) end) / N);
run("payload", [Kind, Count]) ->
    N = int(Count), V = value(Kind), P = spawn(fun echo/0),
    calls(P, V, N div 10),
    result("ns_per_rt", timed(fun() -> calls(P, V, N) end) / N);
run("ticker", [Spinners, Count]) ->
    [spawn(fun() -> spin(I) end) || I <- lists:seq(1, int(Spinners))],
    timer:sleep(200),
    spread("late", [timed(fun() -> receive after 1 -> ok end end) - 1000000 || _ <- lists:seq(1, int(Count))]);
run("select", [Count]) ->
    N = int(Count), P = spawn(fun pong/0),
    selects(P, N div 10),
    result("ns_per_rt", timed(fun() -> selects(P, N) end) / N).

ping(_, 0) -> ok;
ping(P, N) -> P ! {ping, self(), N}, receive {pong, N} -> ping(P, N - 1) end.
pong() -> receive {ping, From, N} -> From ! {pong, N}, pong() end.

selects(_, 0) -> ok;
selects(P, N) ->
    P ! {ping, self(), N},
    receive {'DOWN', _, _, _, _} -> exit(law); {pong, N} -> selects(P, N - 1) after 5000 -> exit(law) end.

pairs(Pairs, N) ->
    Me = self(),
    Ps = [spawn(fun() ->
        P = spawn(fun pong/0), Me ! ready,
        receive go -> ok end, ping(P, N), exit(P, kill), Me ! done end) || _ <- lists:seq(1, Pairs)],
    [receive ready -> ok end || _ <- Ps],
    timed(fun() -> [P ! go || P <- Ps], [receive done -> ok end || _ <- Ps] end).

ring(Size, Tokens, Hops) ->
    Me = self(),
    First = spawn(fun() -> receive {next, P} -> node_loop(P, Me) end end),
    Last = lists:foldl(fun(_, P) -> spawn(fun() -> node_loop(P, Me) end) end, First, lists:seq(2, Size)),
    First ! {next, Last},
    T = timed(fun() ->
        [Last ! {token, Hops} || _ <- lists:seq(1, Tokens)],
        [receive done -> ok end || _ <- lists:seq(1, Tokens)] end),
    First ! stop,
    T.
node_loop(Next, Me) ->
    receive
        {token, 1} -> Me ! done, node_loop(Next, Me);
        {token, N} -> Next ! {token, N - 1}, node_loop(Next, Me);
        stop -> Next ! stop
    end.

%% The queue off the heap is the faster of the two ways at this.
fanin(Senders, N) ->
    Me = self(),
    R = spawn_opt(fun() ->
        receive {go, Ps} -> ok end,
        Me ! {took, timed(fun() -> [P ! go || P <- Ps], put(sum, sink(Senders * N, 0)) end), get(sum)}
    end, [{message_queue_data, off_heap}]),
    R ! {go, [spawn(fun() -> receive go -> blast(R, N) end end) || _ <- lists:seq(1, Senders)]},
    Wanted = Senders * (N * (N + 1) div 2),
    receive {took, T, Wanted} -> T end.
blast(_, 0) -> ok;
blast(R, N) -> R ! {msg, self(), N}, blast(R, N - 1).
sink(0, Sum) -> Sum;
sink(N, Sum) -> receive {msg, _, V} -> sink(N - 1, Sum + V) end.

spawnexit(0) -> ok;
spawnexit(B) ->
    Rs = [spawn_monitor(fun() -> ok end) || _ <- lists:seq(1, 1000)],
    [receive {'DOWN', R, process, P, normal} -> ok end || {P, R} <- Rs],
    spawnexit(B - 1).

idle() -> receive {work, From, I} -> From ! {result, I}, idle() after 300000 -> idle() end.

top(Size) ->
    Wanted = Size * (Size - 1) div 2,
    spawn(?MODULE, tree, [self(), 0, Size]),
    receive {sum, Wanted} -> ok end.
tree(Parent, Number, 1) -> Parent ! {sum, Number};
tree(Parent, Number, Size) ->
    Me = self(), Part = Size div 10,
    [spawn(?MODULE, tree, [Me, Number + I * Part, Part]) || I <- lists:seq(0, 9)],
    Parent ! {sum, lists:sum([receive {sum, S} -> S end || _ <- lists:seq(1, 10)])}.

cascade(Form, N) ->
    Me = self(),
    Root = case Form of
        "chain" -> spawn(fun() -> linked(Me, N) end);
        "star" -> spawn(fun() -> [spawn_link(fun() -> linked(Me, 0) end) || _ <- lists:seq(1, N)], linked(Me, 0) end)
    end,
    [begin P = receive {up, X} -> X end, monitor(process, P) end || _ <- lists:seq(0, N)],
    timed(fun() -> Root ! boom, [receive {'DOWN', _, _, _, boom} -> ok end || _ <- lists:seq(0, N)] end).
linked(Me, Depth) ->
    Me ! {up, self()},
    Depth > 0 andalso spawn_link(fun() -> linked(Me, Depth - 1) end),
    receive boom -> exit(boom) end.

keeper(Me) ->
    P = spawn_link(fun() -> Me ! {up, self()}, receive crash -> exit(boom) end end),
    receive {'EXIT', P, boom} -> keeper(Me) end.
%% The supervisor: no restart is too many, and all of them stand in its window.
init(Me) ->
    {ok, {#{intensity => 1000000000, period => 3600},
        [#{id => crasher, start => {?MODULE, crasher, [Me]}}]}}.
crasher(Me) ->
    {ok, spawn_link(fun() -> Me ! {up, self()}, receive crash -> exit(boom) end end)}.
crashes(0) -> ok;
crashes(N) -> receive {up, P} -> P ! crash end, crashes(N - 1).

cancels(0) -> ok;
cancels(N) -> R = erlang:send_after(60000, self(), x), true = is_integer(erlang:cancel_timer(R)), cancels(N - 1).

value("str64") -> binary:copy(<<"x">>, 64);
value("str1k") -> binary:copy(<<"x">>, 1024);
value("str64k") -> binary:copy(<<"x">>, 65536);
value("nested") -> #{id => 1, name => <<"some object name">>,
    tags => [list_to_binary("tag" ++ integer_to_list(I)) || I <- lists:seq(1, 10)],
    pos => #{x => 1.5, y => 2.5, z => 3.5},
    attrs => maps:from_list([{list_to_binary("k" ++ integer_to_list(I)), I} || I <- lists:seq(1, 20)]),
    items => [#{id => I, name => <<"item">>, qty => I * 2, price => I * 1.25} || I <- lists:seq(1, 4)]}.
echo() -> receive {call, From, V} -> From ! {reply, V}, echo() end.
calls(_, _, 0) -> ok;
calls(P, V, N) -> P ! {call, self(), V}, receive {reply, V2} -> size_law(V, V2) end, calls(P, V, N - 1).
size_law(V, V2) when is_binary(V) -> true = byte_size(V2) =:= byte_size(V);
size_law(_, #{items := [_, _, _, #{price := 5.0}]}) -> true.

spin(X) -> spin((X * 1103515245 + 12345) band 16#7fffffff).

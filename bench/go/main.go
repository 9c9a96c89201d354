// The workloads of bench/lua on goroutines and channels, where Go has them: the same names, arguments,
// laws and RESULT lines. Go has no processes that fail alone, no links and no monitors, so those
// workloads are not here; a monitored exit is a deferred send.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"time"
)

var epoch = time.Now()

func now() int64                          { return int64(time.Since(epoch)) }
func result(metric string, value float64) { fmt.Printf("RESULT %s %.3f\n", metric, value) }
func law(ok bool, what string) {
	if !ok {
		fmt.Println("law broken:", what)
		os.Exit(1)
	}
}
func timed(f func()) float64 { t := now(); f(); return float64(now() - t) }
func spread(name string, list []int) {
	sort.Ints(list)
	for text, part := range map[string]float64{"p50": 0.5, "p99": 0.99, "p999": 0.999, "max": 1} {
		i := int(part*float64(len(list))+0.5) - 1
		if i < 0 {
			i = 0
		}
		result(name+"_"+text+"_us", float64(list[i])/1000)
	}
}

type message struct { // tag, number and sender
	tag   string
	n     int
	reply chan message
}

func pong(in chan message) {
	for m := range in {
		m.reply <- message{"pong", m.n, nil}
	}
}
func ping(to, me chan message, count int) {
	for n := count; n > 0; n-- {
		to <- message{"ping", n, me}
		r := <-me
		law(r.n == n, "the number that came back")
	}
}
func pairs(nr, count int) float64 {
	start := make(chan bool)
	var ready, done sync.WaitGroup
	ready.Add(nr)
	done.Add(nr)
	for i := 0; i < nr; i++ {
		go func() {
			to, me := make(chan message), make(chan message)
			go pong(to)
			ready.Done()
			<-start
			ping(to, me, count)
			close(to)
			done.Done()
		}()
	}
	ready.Wait()
	return timed(func() { close(start); done.Wait() })
}

func ring(size, tokens, hops int) float64 {
	ch := make([]chan int, size)
	for i := range ch {
		ch[i] = make(chan int, tokens)
	}
	done := make(chan bool, tokens)
	for i := range ch {
		in, out := ch[i], ch[(i+1)%size]
		go func() {
			for n := range in {
				if n == 1 {
					done <- true
				} else {
					out <- n - 1
				}
			}
		}()
	}
	took := timed(func() {
		for i := 0; i < tokens; i++ {
			ch[0] <- hops
		}
		for i := 0; i < tokens; i++ {
			<-done
		}
	})
	for i := range ch {
		close(ch[i])
	}
	return took
}

// The unbounded mailbox that one writes where an actor's is wanted.
type mailbox struct {
	lock    sync.Mutex
	arrived *sync.Cond
	queue   []message
	waits   bool
}

func (b *mailbox) put(m message) {
	b.lock.Lock()
	b.queue = append(b.queue, m)
	waits := b.waits
	b.lock.Unlock()
	if waits {
		b.arrived.Signal()
	}
}
func (b *mailbox) take(spare []message) []message {
	b.lock.Lock()
	defer b.lock.Unlock()
	for len(b.queue) == 0 {
		b.waits = true
		b.arrived.Wait()
	}
	b.waits = false
	batch := b.queue
	b.queue = spare[:0]
	return batch
}
func fanin(senders, count int) float64 {
	box := &mailbox{}
	box.arrived = sync.NewCond(&box.lock)
	start := make(chan bool)
	for i := 0; i < senders; i++ {
		go func() {
			<-start
			for n := 1; n <= count; n++ {
				box.put(message{"msg", n, nil})
			}
		}()
	}
	return timed(func() {
		close(start)
		sum := 0
		var spare []message
		for left := senders * count; left > 0; {
			batch := box.take(spare)
			for _, m := range batch {
				sum += m.n
			}
			left -= len(batch)
			spare = batch
		}
		law(sum == senders*(count*(count+1)/2), "the sum")
	})
}

func spawnexit(batches int) {
	down := make(chan error, 1000)
	for ; batches > 0; batches-- {
		for i := 0; i < 1000; i++ {
			go func() { defer func() { down <- nil }() }()
		}
		for i := 0; i < 1000; i++ {
			<-down
		}
	}
}

func idle(count int) {
	ch := make([]chan message, count)
	took := timed(func() {
		for i := range ch {
			c := make(chan message)
			ch[i] = c
			go func() {
				for m := range c {
					m.reply <- m
				}
			}()
		}
	})
	me := make(chan message)
	step := count / 100
	if step == 0 {
		step = 1
	}
	for i := 0; i < count; i += step {
		ch[i] <- message{"work", i, me}
		law((<-me).n == i, "the answer")
	}
	time.Sleep(300 * time.Millisecond)
	result("us_per_spawn", took/float64(count)/1000)
	result("processes", float64(count))
	runtime.KeepAlive(ch)
}

func tree(up chan int, number, size int) {
	if size == 1 {
		up <- number
		return
	}
	sums, part, sum := make(chan int), size/10, 0
	for i := 0; i < 10; i++ {
		go tree(sums, number+i*part, part)
	}
	for i := 0; i < 10; i++ {
		sum += <-sums
	}
	up <- sum
}
func top(size int) {
	sum := make(chan int)
	go tree(sum, 0, size)
	law(<-sum == size*(size-1)/2, "the sum")
}

func timers(count int) {
	fired, late := make(chan int64, 1024), make([]int, 0, count)
	done := make(chan bool)
	go func() {
		for i := 0; i < count; i++ {
			due := <-fired
			late = append(late, int(now()-due))
		}
		done <- true
	}()
	took := timed(func() {
		for i := 1; i <= count; i++ {
			d := time.Duration(1+i*7919%1000) * time.Millisecond
			due := now() + int64(d)
			time.AfterFunc(d, func() { fired <- due })
		}
	})
	<-done
	result("arm_ns", took/float64(count))
	spread("late", late)
}
func cancels(count int) {
	for i := 0; i < count; i++ {
		law(time.AfterFunc(60*time.Second, func() {}).Stop(), "whether it was pending")
	}
}

var sink uint32

func spin(x uint32) {
	for {
		x = x*1103515245 + 12345
		if x == 7 {
			sink = x
		}
	}
}
func ticker(spinners, count int) {
	for i := 0; i < spinners; i++ {
		go spin(uint32(i))
	}
	time.Sleep(200 * time.Millisecond)
	late := make([]int, count)
	for i := range late {
		late[i] = int(timed(func() { time.Sleep(time.Millisecond) })) - 1000000
	}
	spread("late", late)
}

func selects(count int) float64 {
	to, me, events := make(chan message), make(chan message), make(chan message)
	go pong(to)
	return timed(func() {
		for n := 0; n < count; n++ {
			to <- message{"ping", n, me}
			timer := time.NewTimer(5 * time.Second)
			select {
			case <-events:
				law(false, "no event")
			case m := <-me:
				law(m.n == n, "the number")
			case <-timer.C:
				law(false, "no time-out")
			}
			timer.Stop()
		}
	})
}

func main() {
	n := make([]int, 3)
	for i, text := range os.Args[2:] {
		n[i], _ = strconv.Atoi(text)
	}
	switch os.Args[1] {
	case "pingpong":
		to, me := make(chan message), make(chan message)
		go pong(to)
		ping(to, me, n[1]/10)
		result("ns_per_rt", timed(func() { ping(to, me, n[1]) })/float64(n[1]))
	case "pairs":
		pairs(n[0], n[1]/10)
		result("ns_per_rt", pairs(n[0], n[1])/float64(n[0]*n[1]))
	case "ring":
		ring(n[0], n[1], n[2]/10/n[1])
		result("ns_per_hop", ring(n[0], n[1], n[2]/n[1])/float64(n[2]))
	case "fanin":
		fanin(n[0], n[1]/20)
		result("ns_per_msg", fanin(n[0], n[1])/float64(n[0]*n[1]))
	case "spawnexit":
		spawnexit(n[0]/50000 + 1)
		result("ns_per_spawn", timed(func() { spawnexit(n[0] / 1000) })/float64(n[0]))
	case "idle":
		idle(n[0])
	case "tree":
		top(n[0] / 10)
		result("ms", timed(func() { top(n[0]) })/1e6)
	case "timers":
		timers(n[0])
	case "cancels":
		cancels(n[0] / 10)
		result("ns_start_cancel", timed(func() { cancels(n[0]) })/float64(n[0]))
	case "ticker":
		ticker(n[0], n[1])
	case "select":
		selects(n[0] / 10)
		result("ns_per_rt", selects(n[0])/float64(n[0]))
	default:
		fmt.Println("no workload", os.Args[1])
		os.Exit(2)
	}
}

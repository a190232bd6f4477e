// SPDX-License-Identifier: MIT
package peers;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/** Many threads share few resources and hold each for a while: how long do they wait? */
final class Tail {
    private Tail() {}

    /** What one thread saw. */
    private static final class Seen {
        long[] waits = new long[1 << 10];
        int lent;
        boolean wasShared;
        long held;
        long begun;
        long ended;

        void add(long wait) {
            if (lent == waits.length) waits = Arrays.copyOf(waits, 2 * lent);
            waits[lent++] = wait;
        }
    }

    static void measure(
            Peer peer, int threads, int resources, int holdUs, long lastingMs, Results.Run run)
            throws Exception {
        SessionFactory factory = new SessionFactory(0);
        Seen[] all = new Seen[threads];
        try (Pool<?> pool = peer.open(resources, resources, factory)) {
            Team.run(threads, index -> all[index] = share(pool, index, holdUs, lastingMs));
            long lent = Arrays.stream(all).mapToLong(each -> each.lent).sum();
            run.check(
                    Arrays.stream(all).noneMatch(each -> each.wasShared),
                    "a resource was lent to two at a time");
            run.check(factory.uses() == lent, "a resource was lent to two at a time");
            run.check(pool.idle() == resources, "not every resource is idle at the end");
        }
        report(all, (double) threads / resources * holdUs, run);
    }

    private static <L> Seen share(Pool<L> pool, int index, int holdUs, long lastingMs)
            throws Exception {
        Seen mine = new Seen();
        mine.begun = System.nanoTime();
        long over = mine.begun + lastingMs * 1_000_000;
        for (long now = mine.begun; now < over; ) {
            long asked = System.nanoTime();
            L lent = pool.take();
            long got = System.nanoTime();
            mine.add(got - asked);
            Session one = pool.session(lent);
            ++one.uses;
            one.holder = index;
            // Thread.sleep would round 200 us up to a millisecond.
            LockSupport.parkNanos(holdUs * 1_000L);
            now = System.nanoTime();
            mine.held += now - got;
            mine.wasShared |= one.holder != index;
            pool.giveBack(lent);
        }
        mine.ended = System.nanoTime();
        return mine;
    }

    private static void report(Seen[] all, double idealUs, Results.Run run) {
        long lent = Arrays.stream(all).mapToLong(each -> each.lent).sum();
        long held = Arrays.stream(all).mapToLong(each -> each.held).sum();
        long first = Arrays.stream(all).mapToLong(each -> each.begun).min().orElseThrow();
        long last = Arrays.stream(all).mapToLong(each -> each.ended).max().orElseThrow();
        double fewest = Arrays.stream(all).mapToInt(each -> each.lent).min().orElseThrow();
        double most = Arrays.stream(all).mapToInt(each -> each.lent).max().orElseThrow();
        long[] waits =
                Arrays.stream(all)
                        .flatMapToLong(each -> Arrays.stream(each.waits, 0, each.lent))
                        .sorted()
                        .toArray();
        run.realNs = last - first;
        run.cpuNs = run.realNs;
        run.items = lent;
        run.counters.put("p50_us", percentile(waits, 0.5));
        run.counters.put("p99_us", percentile(waits, 0.99));
        run.counters.put("p999_us", percentile(waits, 0.999));
        run.counters.put("max_us", waits[waits.length - 1] / 1e3);
        run.counters.put("ideal_us", idealUs);
        run.counters.put("held_us", held / 1e3 / lent);
        run.counters.put("per_second", lent / (run.realNs / 1e9));
        run.counters.put("share", fewest / most);
        run.check(fewest > 0, "a thread got nothing");
    }

    private static double percentile(long[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, (long) (share * sorted.length))] / 1e3;
    }
}

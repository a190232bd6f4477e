// SPDX-License-Identifier: MIT
package peers;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** Acquire and release at once; a single thread only looks at the session, several count in it. */
final class AcquireRelease {
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    private AcquireRelease() {}

    static void measure(
            Peer peer, int resources, int threads, long warmUpMs, boolean smoke, Results.Run run)
            throws Exception {
        int cycles = smoke ? 1 << 10 : 1 << 18;
        SessionFactory factory = new SessionFactory(0);
        try (Pool<?> pool = peer.open(resources, resources, factory)) {
            long lent = 0;
            for (long end = System.nanoTime() + warmUpMs * 1_000_000; System.nanoTime() < end; ) {
                lent += round(pool, threads, cycles, new Results.Run(run.name));
            }
            lent += round(pool, threads, cycles, run);
            run.check(pool.idle() == resources, "not every resource is idle at the end");
            run.check(pool.size() == resources, "a resource was made or lost while it was measured");
            run.check(
                    factory.uses() == (threads == 1 ? 0 : lent),
                    "a resource was lent to two at a time");
        }
    }

    /** How often something was lent. */
    private static long round(Pool<?> pool, int threads, int cycles, Results.Run run)
            throws Exception {
        long[] seen = new long[threads];
        long[] begun = new long[threads];
        long[] ended = new long[threads];
        long[] worked = new long[threads];
        Team.Work work =
                index -> {
                    long before = CLOCK.getCurrentThreadCpuTime();
                    begun[index] = System.nanoTime();
                    seen[index] = threads == 1 ? look(pool, cycles) : count(pool, cycles);
                    ended[index] = System.nanoTime();
                    worked[index] = CLOCK.getCurrentThreadCpuTime() - before;
                };
        Team.run(threads, work);
        long lent = 0;
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (int at = 0; at < threads; ++at) {
            run.check(seen[at] == cycles, "something else than a resource was lent");
            lent += seen[at];
            first = Math.min(first, begun[at]);
            last = Math.max(last, ended[at]);
            run.cpuNs += (double) worked[at] / threads;
        }
        run.realNs = last - first;
        run.items = lent;
        return lent;
    }

    private static <L> long look(Pool<L> pool, int cycles) throws Exception {
        long seen = 0;
        for (int left = cycles; left != 0; --left) {
            L lent = pool.take();
            seen += pool.session(lent).proof;
            pool.giveBack(lent);
        }
        return seen;
    }

    private static <L> long count(Pool<L> pool, int cycles) throws Exception {
        long seen = 0;
        for (int left = cycles; left != 0; --left) {
            L lent = pool.take();
            Session one = pool.session(lent);
            seen += one.proof;
            ++one.uses;
            pool.giveBack(lent);
        }
        return seen;
    }
}

// SPDX-License-Identifier: MIT
package peers;

import java.util.concurrent.CyclicBarrier;

/** Many ask at once: in a spike each uses what it got for 2 ms, in a ramp all keep it. */
final class Demand {
    private static final int REQUESTS = 50;
    private static final long USE_MS = 2;

    private Demand() {}

    static void measure(
            Peer peer, int idle, int most, long createMs, boolean isSpike, Results.Run run)
            throws Exception {
        SessionFactory factory = new SessionFactory(createMs);
        try (Pool<?> pool = peer.open(idle, most, factory)) {
            run.check(pool.size() == idle, "it did not begin with as many as it should");
            long taken = isSpike ? spike(pool) : ramp(pool);
            run.realNs = taken;
            run.cpuNs = taken;
            run.items = REQUESTS;
            run.counters.put("last_ms", taken / 1e6);
            run.counters.put("size", (double) pool.size());
            run.counters.put("create_ms", (double) createMs);
            boolean once = isSpike || factory.most() == 1;
            run.check(once && factory.uses() == REQUESTS, "a resource was lent to two at a time");
        }
    }

    private static <L> long spike(Pool<L> pool) throws Exception {
        long[] begun = new long[REQUESTS];
        long[] ended = new long[REQUESTS];
        Team.run(
                REQUESTS,
                index -> {
                    begun[index] = System.nanoTime();
                    L lent = pool.take();
                    ++pool.session(lent).uses;
                    Thread.sleep(USE_MS);
                    pool.giveBack(lent);
                    ended[index] = System.nanoTime();
                });
        return whole(begun, ended);
    }

    private static <L> long ramp(Pool<L> pool) throws Exception {
        long[] begun = new long[REQUESTS];
        long[] served = new long[REQUESTS];
        CyclicBarrier allServed = new CyclicBarrier(REQUESTS);
        Team.run(
                REQUESTS,
                index -> {
                    begun[index] = System.nanoTime();
                    L lent = pool.take();
                    served[index] = System.nanoTime();
                    ++pool.session(lent).uses;
                    allServed.await();
                    pool.giveBack(lent);
                });
        return whole(begun, served);
    }

    private static long whole(long[] begun, long[] ended) {
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (int at = 0; at < begun.length; ++at) {
            first = Math.min(first, begun[at]);
            last = Math.max(last, ended[at]);
        }
        return last - first;
    }
}

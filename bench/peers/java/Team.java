// SPDX-License-Identifier: MIT
package peers;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;

/** Runs the same in several threads that begin together. */
final class Team {
    interface Work {
        void run(int index) throws Exception;
    }

    private Team() {}

    /** Returns when the last one has ended; the first failure of one is thrown. */
    static void run(int threads, Work work) throws Exception {
        CyclicBarrier together = new CyclicBarrier(threads);
        List<Throwable> failures = new ArrayList<>();
        List<Thread> team = new ArrayList<>();
        for (int at = 0; at < threads; ++at) {
            int index = at;
            Thread one =
                    new Thread(
                            () -> {
                                try {
                                    together.await();
                                    work.run(index);
                                } catch (Throwable e) {
                                    synchronized (failures) {
                                        failures.add(e);
                                    }
                                }
                            });
            team.add(one);
            one.start();
        }
        for (Thread each : team) each.join();
        if (!failures.isEmpty()) throw new Exception("a thread failed", failures.get(0));
    }
}

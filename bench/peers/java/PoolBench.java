// SPDX-License-Identifier: MIT
package peers;

import java.util.regex.Pattern;

/**
 * How do HikariCP and Apache Commons Pool do in the scenarios of lend's benchmarks? The names, the
 * numbers and the layout of the result are those of Google Benchmark, so that the report puts them
 * beside the others.
 *
 * <p>usage: PoolBench IMPLEMENTATION OUT.json [--repetitions=N] [--filter=REGEX] [--smoke]
 */
public final class PoolBench {
    private final String implementation;
    private final Peer peer;
    private final Results results = new Results();
    private Pattern filter = Pattern.compile("");
    private boolean wanted = true; // what matches the filter, or else what does not
    private int repetitions = 1;
    private boolean smoke;

    private PoolBench(String implementation) throws ReflectiveOperationException {
        this.implementation = implementation;
        this.peer = Peer.named(implementation);
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println(
                    "usage: PoolBench IMPLEMENTATION OUT.json"
                            + " [--repetitions=N] [--filter=REGEX] [--smoke]");
            System.exit(2);
        }
        PoolBench bench = new PoolBench(arguments[0]);
        for (int at = 2; at < arguments.length; ++at) bench.obey(arguments[at]);
        bench.runAll();
        bench.results.write(arguments[1]);
        // A pool may leave threads behind that would keep the process alive.
        System.exit(bench.results.hasErrors() ? 1 : 0);
    }

    private void obey(String option) {
        if (option.startsWith("--repetitions=")) {
            repetitions = Integer.parseInt(option.substring("--repetitions=".length()));
        } else if (option.startsWith("--filter=")) {
            // As in Google Benchmark, where a minus before it leaves out what matches.
            String regex = option.substring("--filter=".length());
            wanted = !regex.startsWith("-");
            filter = Pattern.compile(wanted ? regex : regex.substring(1));
        } else if (option.equals("--smoke")) {
            smoke = true;
        } else {
            throw new IllegalArgumentException("unknown option: " + option);
        }
    }

    private void runAll() throws Exception {
        // That waiters are served in turn is another pool only where there are any.
        if (!implementation.endsWith("_fair")) {
            acquireRelease(8, 1);
            acquireRelease(2, 2);
            acquireRelease(8, 8);
            acquireRelease(2, 8);
            demand("spike", 5, 50);
            demand("cold_ramp", 0, 60);
            demand("mixed_ramp", 5, 60);
        }
        tail(16, 2, 200);
    }

    /** The result for a name, or null where the filter leaves it out. */
    private Results.Run begin(String scenario, String parameters) {
        String name = scenario + "/" + implementation + "/" + parameters;
        return filter.matcher(name).find() == wanted ? new Results.Run(name) : null;
    }

    private void finish(Results.Run run) {
        results.add(run);
        System.out.println(run.summary());
    }

    private void acquireRelease(int resources, int threads) throws Exception {
        String parameters = "resources:" + resources + "/real_time/threads:" + threads;
        for (int at = 0; at < repetitions; ++at) {
            Results.Run run = begin("acquire_release", parameters);
            if (run == null) return;
            run.threads = threads;
            run.repetition = at;
            run.repetitions = repetitions;
            // Once is enough: what is compiled stays so.
            long warmUpMs = smoke || at > 0 ? 0 : 2_000;
            AcquireRelease.measure(peer, resources, threads, warmUpMs, smoke, run);
            finish(run);
        }
    }

    private void demand(String scenario, int idle, int most) throws Exception {
        String parameters = "idle:" + idle + "/requests:50/max:" + most + "/iterations:1/real_time";
        Results.Run run = begin(scenario, parameters);
        if (run == null) return;
        boolean isSpike = scenario.equals("spike");
        // Once without counting, with little to wait for: classes are loaded, threads were started.
        Demand.measure(peer, idle, most, 2, isSpike, new Results.Run(run.name));
        Demand.measure(peer, idle, most, smoke ? 15 : 150, isSpike, run);
        finish(run);
    }

    private void tail(int threads, int resources, int holdUs) throws Exception {
        String parameters =
                ("threads:" + threads + "/resources:" + resources + "/hold_us:" + holdUs)
                        + "/iterations:1/real_time";
        Results.Run run = begin("tail", parameters);
        if (run == null) return;
        if (!smoke) Tail.measure(peer, threads, resources, holdUs, 1_000, new Results.Run(run.name));
        Tail.measure(peer, threads, resources, holdUs, smoke ? 20 : 1_000, run);
        finish(run);
    }
}

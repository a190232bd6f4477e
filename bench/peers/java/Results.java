// SPDX-License-Identifier: MIT
package peers;

import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What was measured, written in the layout of Google Benchmark. */
final class Results {
    /** One repetition. */
    static final class Run {
        final String name;
        final Map<String, Double> counters = new LinkedHashMap<>();
        int threads = 1;
        int repetition;
        int repetitions = 1;
        double realNs;
        double cpuNs;
        long items;
        private String error;

        Run(String name) {
            this.name = name;
        }

        /** The first thing that is wrong is what the report says. */
        void check(boolean right, String what) {
            if (!right && error == null) error = what;
        }

        String summary() {
            if (error != null) return name + " ERROR OCCURRED: '" + error + "'";
            return String.format(Locale.ROOT, "%s %.1f ns %s", name, cost(), counters);
        }

        /** Nanoseconds of one operation in one thread. */
        private double cost() {
            return realNs * threads / items;
        }

        private String toJson() {
            List<String> fields = new ArrayList<>();
            fields.add(field("name", quoted(name)));
            fields.add(field("run_name", quoted(name)));
            fields.add(field("run_type", quoted("iteration")));
            fields.add(field("repetitions", repetitions));
            fields.add(field("repetition_index", repetition));
            fields.add(field("threads", threads));
            if (error != null) {
                fields.add(field("error_occurred", true));
                fields.add(field("error_message", quoted(error)));
            }
            fields.add(field("iterations", 1));
            fields.add(field("real_time", realNs));
            fields.add(field("cpu_time", cpuNs));
            fields.add(field("time_unit", quoted("ns")));
            counters.forEach((counter, value) -> fields.add(field(counter, value)));
            if (realNs > 0) fields.add(field("items_per_second", items / (realNs / 1e9)));
            return "    {\n      " + String.join(",\n      ", fields) + "\n    }";
        }
    }

    private final List<Run> runs = new ArrayList<>();

    void add(Run run) {
        runs.add(run);
    }

    boolean hasErrors() {
        return runs.stream().anyMatch(each -> each.error != null);
    }

    void write(String path) throws IOException {
        String collectors =
                ManagementFactory.getGarbageCollectorMXBeans().stream()
                        .map(GarbageCollectorMXBean::getName)
                        .collect(Collectors.joining(" + "));
        String jvm =
                String.join(
                        " ",
                        System.getProperty("java.vm.name"),
                        System.getProperty("java.vm.version"),
                        "(" + collectors + ")");
        String date = DateTimeFormatter.ISO_INSTANT.format(ZonedDateTime.now(ZoneOffset.UTC));
        int cores = Runtime.getRuntime().availableProcessors();
        Files.writeString(
                Path.of(path),
                "{\n  \"context\": {\n    "
                        + String.join(
                                ",\n    ",
                                field("date", quoted(date)),
                                field("num_cpus", cores),
                                field("jvm", quoted(jvm)))
                        + "\n  },\n  \"benchmarks\": [\n"
                        + runs.stream().map(Run::toJson).collect(Collectors.joining(",\n"))
                        + "\n  ]\n}\n");
    }

    private static String field(String name, Object value) {
        return quoted(name) + ": " + value;
    }

    /** Nothing that is written here has a control character. */
    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}

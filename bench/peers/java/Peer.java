// SPDX-License-Identifier: MIT
package peers;

/** A library with a pool. There is one class for each, which is compiled where the library is. */
interface Peer {
    /**
     * How many milliseconds an acquire may wait. More than lend's 30 seconds, because HikariCP may
     * leave the last of a ramp to its housekeeper, which comes every 30 seconds.
     */
    long PATIENCE_MS = 120_000;

    /** A pool with its defaults, but for the sizes. Returns once `idle` resources are idle. */
    Pool<?> open(int idle, int most, SessionFactory factory) throws Exception;

    static Peer named(String name) throws ReflectiveOperationException {
        String type =
                switch (name) {
                    case "hikaricp" -> "peers.HikariPeer";
                    case "commons_pool2" -> "peers.CommonsPeer";
                    case "commons_pool2_fair" -> "peers.CommonsPeer$Fair";
                    default -> throw new IllegalArgumentException("no such pool: " + name);
                };
        return (Peer) Class.forName(type).getDeclaredConstructor().newInstance();
    }
}

// SPDX-License-Identifier: MIT
package peers;

/**
 * A pool as the scenarios use it. One process measures one pool, so that the compiler of the
 * virtual machine sees one implementation of this and inlines it.
 *
 * @param <L> what the pool hands out
 */
interface Pool<L> extends AutoCloseable {
    /** Waits for up to PATIENCE_MS; throws if there was nothing. */
    L take() throws Exception;

    Session session(L lent) throws Exception;

    void giveBack(L lent) throws Exception;

    /** Resources that exist, idle and lent. */
    int size();

    int idle();

    @Override
    void close();
}

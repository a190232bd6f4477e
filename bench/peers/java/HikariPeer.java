// SPDX-License-Identifier: MIT
package peers;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;

/**
 * HikariCP over a data source whose connections do nothing. Lent is HikariCP's proxy, as to every
 * user of it; the session behind it is reached by unwrap.
 */
final class HikariPeer implements Peer {
    @Override
    public Pool<?> open(int idle, int most, SessionFactory factory) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(new StubDataSource(factory));
        config.setMinimumIdle(idle);
        config.setMaximumPoolSize(most);
        config.setConnectionTimeout(PATIENCE_MS);
        HikariDataSource source = new HikariDataSource(config);
        HikariPool pool = new HikariPool(source);
        // HikariCP fills itself in the background and has no call that waits for it.
        while (pool.idle() < idle) LockSupport.parkNanos(100_000);
        return pool;
    }

    private record HikariPool(HikariDataSource source) implements Pool<Connection> {
        @Override
        public Connection take() throws SQLException {
            return source.getConnection();
        }

        @Override
        public Session session(Connection lent) throws SQLException {
            return lent.unwrap(StubConnection.class).session;
        }

        @Override
        public void giveBack(Connection lent) throws SQLException {
            lent.close();
        }

        @Override
        public int size() {
            return source.getHikariPoolMXBean().getTotalConnections();
        }

        @Override
        public int idle() {
            return source.getHikariPoolMXBean().getIdleConnections();
        }

        @Override
        public void close() {
            source.close();
        }
    }
}

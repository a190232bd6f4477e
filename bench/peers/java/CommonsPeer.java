// SPDX-License-Identifier: MIT
package peers;

import java.time.Duration;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** Apache Commons Pool: GenericObjectPool, whose default is to let waiters pass each other. */
class CommonsPeer implements Peer {
    /** The same, first come, first served. */
    static final class Fair extends CommonsPeer {
        Fair() {
            fairness = true;
        }
    }

    boolean fairness;

    @Override
    public Pool<?> open(int idle, int most, SessionFactory factory) throws Exception {
        GenericObjectPoolConfig<Session> config = new GenericObjectPoolConfig<>();
        config.setMaxTotal(most);
        config.setMaxIdle(most);
        config.setMinIdle(idle);
        config.setMaxWait(Duration.ofMillis(PATIENCE_MS));
        config.setFairness(fairness);
        GenericObjectPool<Session> pool = new GenericObjectPool<>(new Maker(factory), config);
        pool.preparePool();
        return new CommonsPool(pool);
    }

    private static final class Maker extends BasePooledObjectFactory<Session> {
        private final SessionFactory factory;

        Maker(SessionFactory factory) {
            this.factory = factory;
        }

        @Override
        public Session create() {
            return factory.create();
        }

        @Override
        public PooledObject<Session> wrap(Session one) {
            return new DefaultPooledObject<>(one);
        }
    }

    private record CommonsPool(GenericObjectPool<Session> pool) implements Pool<Session> {
        @Override
        public Session take() throws Exception {
            return pool.borrowObject();
        }

        @Override
        public Session session(Session lent) {
            return lent;
        }

        @Override
        public void giveBack(Session lent) {
            pool.returnObject(lent);
        }

        @Override
        public int size() {
            return pool.getNumActive() + pool.getNumIdle();
        }

        @Override
        public int idle() {
            return pool.getNumIdle();
        }

        @Override
        public void close() {
            pool.close();
        }
    }
}

// SPDX-License-Identifier: MIT
package peers;

import java.util.ArrayList;
import java.util.List;

/** Makes sessions, which takes as long as a scenario says, and keeps them to count their uses. */
final class SessionFactory {
    private final long createMs;
    private final List<Session> made = new ArrayList<>();

    SessionFactory(long createMs) {
        this.createMs = createMs;
    }

    Session create() {
        if (createMs > 0) {
            try {
                Thread.sleep(createMs);
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted while a session was made", e);
            }
        }
        Session one = new Session();
        synchronized (made) {
            made.add(one);
        }
        return one;
    }

    /** While nobody uses a session. */
    long uses() {
        synchronized (made) {
            return made.stream().mapToLong(each -> each.uses).sum();
        }
    }

    /** The uses of the session that had the most. */
    long most() {
        synchronized (made) {
            return made.stream().mapToLong(each -> each.uses).max().orElse(0);
        }
    }
}

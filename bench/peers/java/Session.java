// SPDX-License-Identifier: MIT
package peers;

/** What is lent. Its uses are counted plainly: if two borrowers had it at a time, some were lost. */
final class Session {
    long proof = 1;
    long uses;
    /** Who had it last, where it is held for a while: another cannot have it in between. */
    int holder;
}

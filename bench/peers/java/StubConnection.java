// SPDX-License-Identifier: MIT
package peers;

import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Struct;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;

/** A connection to nothing, written out so that no call of it costs more than a call. */
final class StubConnection implements Connection {
    final Session session;
    private boolean autoCommit = true;
    private volatile boolean closed;

    StubConnection(Session session) {
        this.session = session;
    }

    private static UnsupportedOperationException noDatabase() {
        return new UnsupportedOperationException("there is no database behind this connection");
    }

    @Override
    public void setAutoCommit(boolean on) {
        autoCommit = on;
    }

    @Override
    public boolean getAutoCommit() {
        return autoCommit;
    }

    @Override
    public void commit() {}

    @Override
    public void rollback() {}

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public boolean isValid(int seconds) {
        return !closed;
    }

    @Override
    public void abort(Executor executor) {
        closed = true;
    }

    @Override
    public void clearWarnings() {}

    @Override
    public SQLWarning getWarnings() {
        return null;
    }

    @Override
    public void setReadOnly(boolean on) {}

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public void setCatalog(String name) {}

    @Override
    public String getCatalog() {
        return null;
    }

    @Override
    public void setSchema(String name) {}

    @Override
    public String getSchema() {
        return null;
    }

    @Override
    public void setTransactionIsolation(int level) {}

    @Override
    public int getTransactionIsolation() {
        return TRANSACTION_READ_COMMITTED;
    }

    @Override
    public void setNetworkTimeout(Executor executor, int ms) {}

    @Override
    public int getNetworkTimeout() {
        return 0;
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        return type.cast(this);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    @Override
    public Statement createStatement() {
        throw noDatabase();
    }

    @Override
    public PreparedStatement prepareStatement(String sql) {
        throw noDatabase();
    }

    @Override
    public CallableStatement prepareCall(String sql) {
        throw noDatabase();
    }

    @Override
    public String nativeSQL(String sql) {
        throw noDatabase();
    }

    @Override
    public DatabaseMetaData getMetaData() {
        throw noDatabase();
    }

    @Override
    public Statement createStatement(int type, int concurrency) {
        throw noDatabase();
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency) {
        throw noDatabase();
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency) {
        throw noDatabase();
    }

    @Override
    public Map<String, Class<?>> getTypeMap() {
        throw noDatabase();
    }

    @Override
    public void setTypeMap(Map<String, Class<?>> map) {
        throw noDatabase();
    }

    @Override
    public void setHoldability(int holdability) {
        throw noDatabase();
    }

    @Override
    public int getHoldability() {
        throw noDatabase();
    }

    @Override
    public Savepoint setSavepoint() {
        throw noDatabase();
    }

    @Override
    public Savepoint setSavepoint(String name) {
        throw noDatabase();
    }

    @Override
    public void rollback(Savepoint savepoint) {
        throw noDatabase();
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) {
        throw noDatabase();
    }

    @Override
    public Statement createStatement(int type, int concurrency, int holdability) {
        throw noDatabase();
    }

    @Override
    public PreparedStatement prepareStatement(
            String sql, int type, int concurrency, int holdability) {
        throw noDatabase();
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency, int holdability) {
        throw noDatabase();
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int keys) {
        throw noDatabase();
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int[] columns) {
        throw noDatabase();
    }

    @Override
    public PreparedStatement prepareStatement(String sql, String[] columns) {
        throw noDatabase();
    }

    @Override
    public Clob createClob() {
        throw noDatabase();
    }

    @Override
    public Blob createBlob() {
        throw noDatabase();
    }

    @Override
    public NClob createNClob() {
        throw noDatabase();
    }

    @Override
    public SQLXML createSQLXML() {
        throw noDatabase();
    }

    @Override
    public void setClientInfo(String name, String value) {
        throw noDatabase();
    }

    @Override
    public void setClientInfo(Properties properties) {
        throw noDatabase();
    }

    @Override
    public String getClientInfo(String name) {
        throw noDatabase();
    }

    @Override
    public Properties getClientInfo() {
        throw noDatabase();
    }

    @Override
    public Array createArrayOf(String type, Object[] elements) {
        throw noDatabase();
    }

    @Override
    public Struct createStruct(String type, Object[] attributes) {
        throw noDatabase();
    }
}

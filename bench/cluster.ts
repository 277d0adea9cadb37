// A Postgres server for one measurement, removed when it is interrupted.
import { findPostgres, type PostgresCluster, startCluster } from '../test/support/postgres-cluster.ts'

/** Also the server of databases that are opened for tests. */
export async function startBenchCluster(): Promise<PostgresCluster> {
  const binaries = findPostgres()
  if (!binaries) throw new Error('no Postgres server was found: install one (apt-get install postgresql).')
  const cluster = await startCluster(binaries)
  process.env.ANDON_TEST_POSTGRES = cluster.url
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => cluster.remove().finally(() => process.exit(130)))
  }
  return cluster
}

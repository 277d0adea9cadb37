// What happens to a Postgres while Andon uses it: eight kinds of faults, each in several ways, made in the server itself wherever
// it can be made to do them.
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { SeededRandom } from '../../../fake-github/random.ts'
import { waitUntil } from '../../support/andon-process.ts'
import { databaseUrlOf, withClient } from '../../support/database-template.ts'
import { findPostgres, startCluster } from '../../support/postgres-cluster.ts'
import { openTcpProxy } from '../../support/tcp-proxy.ts'

export const POSTGRES_FAULTS = [
  'stopped',
  'cut',
  'silent',
  'conflicts',
  'exhausted',
  'disk full',
  'read-only',
  'failover',
] as const
export type PostgresFault = (typeof POSTGRES_FAULTS)[number]

export type FaultyPostgres = {
  /** Through the proxy, as an ordinary role that owns the database. */
  readonly url: string
  /** Straight to the server of the moment, as superuser. */
  direct(): string
  /** When something about it changed, by `performance.now()`. */
  readonly changedAt: readonly number[]
  /** Inflicts it, and resolves to how when it is over. */
  strike(fault: PostgresFault, chance: SeededRandom): Promise<string>
  close(): Promise<void>
}

const ROLE = 'andon'
const SETTINGS = {
  ...{ fsync: 'off', full_page_writes: 'off', shared_buffers: '32MB', max_wal_size: '128MB' },
  // Few, and all of them can be taken. Deadlocks are found before a lock is waited for too long.
  ...{ max_connections: '40', deadlock_timeout: '100ms' },
}
const TABLES = ['deliveries', 'repositories', 'pipelines', 'history', 'runs'] as const

export async function openFaultyPostgres(): Promise<FaultyPostgres> {
  const binaries = findPostgres() ?? 'postgres is not installed'
  let server = await startCluster(binaries, SETTINGS, { onOwnDisk: true })
  await withClient(server.url, async (client) => {
    await client.query(`create role ${ROLE} login`)
    await client.query(`create database ${ROLE} owner ${ROLE}`)
  })
  const asRole = () => Object.assign(new URL(databaseUrlOf(server.url, ROLE)), { username: ROLE }).href
  const direct = () => databaseUrlOf(server.url, ROLE)
  const proxy = await openTcpProxy(asRole())

  const changedAt: number[] = []
  /** It changes at some moment between the beginning and the end of `work`. */
  async function changing<T>(work: () => T | Promise<T>): Promise<T> {
    changedAt.push(performance.now())
    const done = await work()
    changedAt.push(performance.now())
    return done
  }

  const run = (...statements: string[]) =>
    changing(() =>
      withClient(direct(), async (client) => {
        for (const statement of statements) await client.query(statement)
      }),
    )
  const configure = (setting: string) => run(`alter system ${setting}`, 'select pg_reload_conf()')
  const endSessions = (others: readonly number[] = []) =>
    changing(() =>
      withClient(direct(), async (client) => {
        const { rowCount } = await client.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and pid <> all ($2)',
          [ROLE, others],
        )
        return rowCount ?? 0
      }),
    )

  async function stopped(chance: SeededRandom): Promise<string> {
    await changing(() => server.stop('immediate'))
    await lasting(chance)
    await changing(server.start)
    return 'immediately'
  }

  async function cut(chance: SeededRandom): Promise<string> {
    const how = chance.pick(['by the server', 'on the way', 'and refused'] as const)
    if (how === 'and refused') {
      await changing(proxy.refuseAll)
      await lasting(chance)
      await changing(proxy.heal)
      return how
    }
    for (let left = 1 + chance.integer(4); left > 0; left--) {
      if (how === 'by the server') await endSessions()
      else await changing(proxy.cut)
      await pause(chance.integer(500))
    }
    return how
  }

  async function silent(chance: SeededRandom): Promise<string> {
    const how = chance.pick(['open ones', 'new ones, too'] as const)
    await changing(how === 'open ones' ? proxy.silence : proxy.silenceAll)
    await lasting(chance)
    await changing(proxy.heal)
    return how
  }

  async function conflicts(chance: SeededRandom): Promise<string> {
    const how = chance.pick(['of serializable transactions', 'in circles', 'now and then', 'always'] as const)
    if (how === 'of serializable transactions') {
      await configure(`set default_transaction_isolation = 'serializable'`)
      await lasting(chance)
      await configure('reset default_transaction_isolation')
    } else if (how === 'in circles') {
      const until = performance.now() + 500 + chance.integer(1_500)
      while (performance.now() < until) await lockInCircle()
    } else {
      const table = chance.pick(TABLES)
      const code = chance.pick(['40001', '40P01'])
      await raiseOn(table, code, how === 'always' ? 1 : 0.2)
      await lasting(chance)
      await run(`drop trigger fault on ${table}`)
      return `${how} ${code} on ${table}`
    }
    return how
  }

  /** A delivery is stored before its repository is locked: whoever does both the other way round meets it. */
  async function lockInCircle(): Promise<void> {
    await withClient(direct(), async (client) => {
      await client.query('begin')
      await client.query('select from repositories for update')
      await pause(60)
      // Either side may be the victim.
      await client.query('lock table deliveries in share mode').catch(() => undefined)
      await client.query('rollback')
    })
    await pause(20)
  }

  /** What no test can make a server do by itself, it says itself. */
  async function raiseOn(table: string, code: string, share: number): Promise<void> {
    await run(
      `create or replace function fault() returns trigger language plpgsql as $$ begin
        if random() < tg_argv[0]::float then raise exception using errcode = tg_argv[1], message = 'a fault of the test'; end if;
        return null; end $$`,
      `create trigger fault after insert or update on ${table} for each statement execute function fault('${share}', '${code}')`,
    )
  }

  async function exhausted(chance: SeededRandom): Promise<string> {
    if (chance.chance(0.5)) {
      const taken: pg.Client[] = []
      // Whoever is thrown out wants to come back at once.
      for (let left = 5; left > 0; left--) {
        await changing(() => takeAll(taken))
        if ((await endSessions(await pidsOf(taken))) === 0) break
      }
      await lasting(chance)
      await changing(() => Promise.all(taken.map((client) => client.end())))
      return 'connections'
    }
    const table = chance.pick(TABLES)
    const mode = chance.pick(['exclusive', 'access exclusive'])
    await withClient(direct(), async (client) => {
      await client.query('begin')
      await changing(() => client.query(`lock table ${table} in ${mode} mode`))
      await lasting(chance)
      await changing(() => client.query('rollback'))
    })
    return `lock on ${table} in ${mode} mode`
  }

  async function takeAll(taken: pg.Client[]): Promise<void> {
    for (;;) {
      const client = new pg.Client({ connectionString: asRole() })
      client.on('error', () => undefined)
      try {
        await client.connect()
      } catch {
        return
      }
      taken.push(client)
    }
  }

  async function diskFull(chance: SeededRandom): Promise<string> {
    const { disk } = server
    if (disk === null) {
      await raiseOn('deliveries', '53100', 1)
      await lasting(chance)
      await run('drop trigger fault on deliveries')
      return 'as the server would say it'
    }
    await changing(disk.fill)
    await lasting(chance)
    await changing(disk.free)
    // Without room for its log, the server may have ended.
    await changing(() => waitUntil('the server runs again', () => server.start().then(isThere, () => false)))
    return 'of the server'
  }

  const isThere = () => withClient(server.url, () => Promise.resolve(true))

  async function readOnly(chance: SeededRandom): Promise<string> {
    if (chance.chance(0.5)) {
      await configure('set default_transaction_read_only = on')
      await lasting(chance)
      await configure('reset default_transaction_read_only')
      return 'by a setting'
    }
    await changing(server.demote)
    await changing(server.start)
    await lasting(chance)
    await promote()
    return 'as a standby'
  }

  const promote = () => changing(() => withClient(server.url, (client) => client.query('select pg_promote()')))

  async function failover(chance: SeededRandom): Promise<string> {
    const how = chance.pick(['the connections cut', 'the connections silent'] as const)
    const former = server
    const standby = await former.standby()
    // Nothing is acknowledged from here on that the standby does not have.
    await configure(`set synchronous_standby_names = '*'`)
    await waitUntil('the standby is synchronous', () =>
      withClient(former.url, async (client) => {
        const { rows } = await client.query('select sync_state from pg_stat_replication')
        return rows.some(({ sync_state }) => sync_state === 'sync')
      }),
    )
    await pause(chance.integer(500))
    if (how === 'the connections silent') await changing(proxy.silenceAll)
    await changing(() => former.stop('immediate'))
    await lasting(chance)
    server = standby
    await promote()
    await changing(() => {
      proxy.leadTo(asRole())
      proxy.heal()
    })
    await former.remove()
    return how
  }

  const STRIKES: Readonly<Record<PostgresFault, (chance: SeededRandom) => Promise<string>>> = {
    ...{ stopped, cut, silent, conflicts, exhausted, failover },
    'disk full': diskFull,
    'read-only': readOnly,
  }

  return {
    url: proxy.url,
    direct,
    changedAt,
    strike: (fault, chance) => STRIKES[fault](chance),
    async close() {
      await proxy.close()
      await server.remove()
    },
  }
}

const lasting = (chance: SeededRandom) => pause(500 + chance.integer(3_000))

const pidsOf = async (clients: readonly pg.Client[]) =>
  clients.map((client) => (client as pg.Client & { readonly processID: number }).processID)

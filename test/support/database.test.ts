// Tests on one database after the other must not feel it.
import { sql } from 'kysely'
import pino from 'pino'
import { expect, test } from 'vitest'
import { openJobs } from '../../src/store/job-queue.ts'
import { CHANNEL, notify } from '../../src/store/notify.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { minute } from './pipeline-fixtures.ts'

/** Writes a row; resolves to the number it got. */
async function deliver({ kysely }: FreshDatabase): Promise<number> {
  const { id } = await kysely
    .insertInto('deliveries')
    .values({ hookId: 1, guid: 'guid-1', name: 'issues', receivedAt: minute(0), state: 'ignored' })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

async function schemas({ kysely }: FreshDatabase): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select nspname as name from pg_namespace where nspname in ('pgboss', 'public')`.execute(kysely)
  return rows.map(({ name }) => name)
}

test('no row, no number, no queue and no listener of a test reaches the next', async () => {
  const first = await freshDatabase()
  const jobs = await openJobs(first, pino({ level: 'silent' }))
  const heard: string[] = []
  await first.listen(
    CHANNEL,
    (payload) => heard.push(payload),
    () => undefined,
  )
  expect(await deliver(first)).toBe(1)
  await jobs.stop()
  await first.close()
  const second = await freshDatabase()
  expect(await schemas(second)).toEqual(['public'])
  expect(await deliver(second)).toBe(1)
  await second.kysely.transaction().execute((trx) => notify(trx, [{ id: 1, revision: 1 }]))
  await second.kysely.selectFrom('deliveries').select('id').execute()
  expect(heard).toEqual([])
  await second.close()
})

test('what a test closed answers it no more', async () => {
  const first = await freshDatabase()
  await first.close()
  const second = await freshDatabase()
  await expect(deliver(first)).rejects.toThrow()
  expect(await deliver(second)).toBe(1)
  await second.close()
})

test('a database that a test changed otherwise than by rows is not passed on', async () => {
  const changes = ['create table own (id integer)', 'drop table beats', "delete from kysely_migration where name > '0'"]
  for (const change of changes) {
    const changed = await freshDatabase()
    await sql.raw(change).execute(changed.kysely)
    await changed.close()
    const next = await freshDatabase()
    const { rows } = await sql<{ own: string | null; beats: string | null; migrations: number }>`
      select to_regclass('own')::text as own, to_regclass('beats')::text as beats,
        (select count(*) from kysely_migration)::integer as migrations`.execute(next.kysely)
    expect(rows[0], change).toMatchObject({ own: null, beats: 'beats' })
    expect(rows[0]?.migrations, change).toBeGreaterThan(0)
    await next.close()
  }
})

import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { listPendingMigrations, migrate } from '../../src/store/migrate.ts'
import { openPostgresDatabase } from '../../src/store/postgres.ts'
import { openTestDatabase, postgresAdminUrl } from '../support/database.ts'
import { databaseUrlOf, withClient } from '../support/database-template.ts'
import { dumpSchema } from '../support/schema-dump.ts'

const ALL = readdirSync(resolve(import.meta.dirname, '../../migrations'))
  .map((file) => file.replace('.sql', ''))
  .sort()

test('three processes that migrate at once run every migration once', async () => {
  const admin = postgresAdminUrl()
  const name = `andon_test_migrate_${process.pid}`
  await withClient(admin, (client) => client.query(`create database ${name} template template0`))
  const migrators = await Promise.all([1, 2, 3].map(() => openPostgresDatabase(databaseUrlOf(admin, name))))
  try {
    expect(await listPendingMigrations(migrators[0]!)).toEqual(ALL)
    const ran = await Promise.all(migrators.map(migrate))
    expect(ran.flat()).toEqual(ALL)
    expect(await listPendingMigrations(migrators[1]!)).toEqual([])
    const fresh = await openTestDatabase('postgres')
    expect(await dumpSchema(migrators[2]!)).toBe(await dumpSchema(fresh))
    await fresh.close()
  } finally {
    await Promise.all(migrators.map((database) => database.close()))
    await withClient(admin, (client) => client.query(`drop database ${name}`))
  }
})

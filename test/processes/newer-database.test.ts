// A database that a newer version has migrated is not touched by an older one, in whatever role; nor is one that its user
// may not use. Both get one sentence.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { openTestDatabase, postgresAdminUrl } from '../support/database.ts'
import { withClient } from '../support/database-template.ts'

const STRANGER = `andon_stranger_${process.pid}`
const newer = await openTestDatabase('postgres')
const foreign = await openTestDatabase('postgres')
const [newerUrl, foreignUrl] = [newer.url ?? '', foreign.url ?? '']
const inserted = { name: '9999_later', timestamp: '2027-01-01T00:00:00.000Z' }

beforeAll(async () => {
  await withClient(newerUrl, (client) =>
    client.query('insert into kysely_migration (name, timestamp) values ($1, $2)', [inserted.name, inserted.timestamp]),
  )
  await withClient(postgresAdminUrl(), (client) => client.query(`create role ${STRANGER} login password 'x'`))
  await withClient(foreignUrl, (client) => client.query(`grant select on kysely_migration to ${STRANGER}`))
})

afterAll(async () => {
  await stopAllProcesses()
  await withClient(foreignUrl, (client) => client.query(`drop owned by ${STRANGER}`))
  await withClient(postgresAdminUrl(), (client) => client.query(`drop role ${STRANGER}`))
  await newer.close()
  await foreign.close()
})

test.concurrent.each([
  ['all'],
  ['web'],
  ['worker'],
  ['migrate'],
  ['deliveries'],
  ['deliveries', 'replay', '1'],
  ['hold', '--all', 'because'],
  ['resume', '--all'],
])('`%s %s` refuses a newer database', async (role, ...words) => {
  expect(await run(newerUrl, role, words)).toEqual({
    code: 78,
    output: expect.stringMatching(
      /^andon: the database \S+ belongs to a newer version of Andon \(it has 9999_later\): deploy that version[^\n]*\.\n$/,
    ),
  })
})

test('`loop status` and `loop stop` leave a newer database alone and use the files of this machine', async () => {
  for (const words of [['status'], ['stop', '--all']]) {
    const { code, output } = await run(newerUrl, 'loop', words)
    expect({ code, output }).toEqual({
      code: 2,
      output: expect.stringContaining('belongs to a newer version of Andon'),
    })
  }
})

test('a user without rights on the tables gets a sentence with what to grant', async () => {
  for (const role of ['all', 'web', 'worker', 'migrate'])
    expect(await run(asStranger(), role, [])).toEqual({
      code: 78,
      output: expect.stringMatching(
        new RegExp(
          `^andon: the database user ${STRANGER} may not read and write [^\\n]*: let their owner run \`grant [^\\n]*to "${STRANGER}"\`\\.\\n$`,
        ),
      ),
    })
})

function asStranger(): string {
  const url = new URL(foreignUrl)
  url.username = STRANGER
  url.password = 'x'
  return url.href
}

async function run(url: string, role: string, words: readonly string[]) {
  const andon = await startAndonProcess(role, { DATABASE_URL: url, LOG_LEVEL: 'warn' }, words)
  const { code } = await andon.exited()
  return { code, output: andon.output() }
}

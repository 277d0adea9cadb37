// A folder whose database cannot be opened is refused in one sentence, and never gets a new database over what may hold
// one. One whose first start was interrupted is repaired.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'

const KILLS = repetitions(3, 25)
const isRoot = process.getuid?.() === 0
const scratch = mkdtempSync(join(tmpdir(), 'andon-folder-'))
const whole = join(scratch, 'whole')

beforeAll(async () => {
  const andon = await startAndonProcess('all', { ANDON_DATA: whole })
  await andon.ready(120_000)
  await andon.stop()
})

afterAll(async () => {
  await stopAllProcesses()
  rmSync(scratch, { recursive: true, force: true })
})

const DAMAGES: readonly { name: string; damage: (folder: string) => void; says: RegExp }[] = [
  {
    name: 'without PG_VERSION',
    damage: (folder) => rmSync(join(folder, 'postgres/PG_VERSION')),
    says: /may be a database, but lacks PG_VERSION: put back a whole copy/,
  },
  {
    name: 'of another version',
    damage: (folder) => writeFileSync(join(folder, 'postgres/PG_VERSION'), '16\n'),
    says: /was written by Postgres 16, .*: start the version of Andon that wrote it/,
  },
  {
    name: 'with a damaged control file',
    damage: (folder) => truncateSync(join(folder, 'postgres/global/pg_control'), 100),
    says: /cannot be opened, because files are damaged/,
  },
  {
    name: 'with an empty catalog',
    damage: (folder) => truncateSync(join(folder, 'postgres/base/5/1249'), 0),
    says: /cannot be opened, because files are damaged/,
  },
  {
    name: 'without its log',
    damage: (folder) => rmSync(join(folder, 'postgres/pg_wal'), { recursive: true }),
    says: /cannot be opened, because files are damaged/,
  },
  {
    name: 'with nothing but what a restore has set aside',
    damage: (folder) => renameSync(join(folder, 'postgres'), join(folder, 'postgres.replaced-2026-11-28')),
    says: /has no database but postgres\.replaced-2026-11-28, .*: rename it to postgres/,
  },
  {
    name: 'that others may write to',
    damage: (folder) => chmodSync(folder, 0o777),
    says: /other users may write to .*: .*chmod 700/,
  },
]

test.each(DAMAGES)('a folder $name is refused, and nothing is made anew', async ({ name, damage, says }) => {
  const folder = join(scratch, name)
  cpSync(whole, folder, { recursive: true })
  damage(folder)
  const names = list(folder)
  expect(await start(folder)).toEqual(refused(says))
  expect(list(folder)).toEqual(names)
})

test('a folder of another user is refused, and so is a link that another user has made', async () => {
  if (!isRoot) return console.log('left out: a folder of another user, because only root can make one')
  const folder = join(scratch, 'of another')
  mkdirSync(folder, { mode: 0o700 })
  chownSync(folder, 65_534, 65_534)
  expect(await start(folder)).toEqual(refused(/belongs to user 65534, and Andon runs as user 0/))
  const target = join(scratch, 'target')
  mkdirSync(target, { mode: 0o700 })
  const link = join(scratch, 'link')
  symlinkSync(target, link)
  spawnSync('chown', ['-h', 'nobody', link])
  expect(await start(link)).toEqual(refused(/belongs to user 65534/))
  expect(readdirSync(target)).toEqual([])
})

test('a folder is private whatever the umask, and one that others may only read becomes so', async () => {
  // PGlite makes its files readable for everyone: the folder keeps them private.
  for (const name of readdirSync(whole))
    expect({ name, others: statSync(join(whole, name)).mode & 0o077 }).toEqual({ name, others: 0 })
  expect(statSync(whole).mode & 0o777).toBe(0o700)
  const folder = join(scratch, 'readable')
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  const andon = await startAndonProcess('all', { ANDON_DATA: folder })
  await andon.ready(120_000)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  await andon.stop()
})

test('a disk without room for a database is named', async () => {
  const mount = join(scratch, 'full')
  mkdirSync(mount)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=0700', 'tmpfs', mount]).status !== 0)
    return console.log('left out: a full disk, because this user may not mount one')
  try {
    cpSync(whole, mount, { recursive: true })
    spawnSync('sh', ['-c', `head -c 100000000 /dev/zero > ${join(mount, 'ballast')}`])
    expect(await start(mount)).toEqual(refused(/there is no room left for the database in .*: make some/))
    rmSync(join(mount, 'ballast'))
    rmSync(join(mount, 'postgres'), { recursive: true })
    spawnSync('sh', ['-c', `head -c 50000000 /dev/zero > ${join(mount, 'ballast')}`])
    expect(await start(mount)).toEqual(refused(/there is no room left for the database in .*: make some/))
    expect(existsSync(join(mount, 'postgres'))).toBe(false)
    rmSync(join(mount, 'ballast'))
    spawnSync('mount', ['-o', 'remount,ro', mount])
    expect(await start(mount)).toEqual(refused(/cannot keep a database in .* \(EROFS\)/))
  } finally {
    spawnSync('umount', [mount])
  }
})

test('a first start that is killed at any moment is made good by the next one', async () => {
  const random = seededRandom(randomSeed(13))
  const folder = join(scratch, 'killed')
  const lengthMs = await timeOfFirstStart()
  for (let kill = 0; kill < KILLS; kill++) {
    rmSync(folder, { recursive: true, force: true })
    const andon = await startAndonProcess('all', { ANDON_DATA: folder })
    await new Promise((resolve) => setTimeout(resolve, random.integer(lengthMs)))
    await andon.stop('SIGKILL')
    const next = await startAndonProcess('all', { ANDON_DATA: folder })
    await next.ready(120_000)
    expect(await next.stop()).toMatchObject({ code: 0 })
  }
  recordMeasurements('first-start-killed', { faults: KILLS, stuck: 0 })
}, 600_000)

async function timeOfFirstStart(): Promise<number> {
  const began = performance.now()
  const andon = await startAndonProcess('all', { ANDON_DATA: join(scratch, 'timed') })
  await andon.ready(120_000)
  await andon.stop()
  return Math.round(performance.now() - began)
}

async function start(folder: string) {
  const andon = await startAndonProcess('all', { ANDON_DATA: folder, LOG_LEVEL: 'warn' })
  const { code } = await andon.exited()
  return { code, output: andon.output() }
}

function refused(says: RegExp) {
  return { code: 78, output: expect.stringMatching(new RegExp(`^andon: [^\\n]*${says.source}[^\\n]*\\.\\n$`)) }
}

function list(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('owner'))
    .toSorted()
}

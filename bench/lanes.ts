// How many writes a second one worker sends, by the number of installations, when a call takes 150 ms: a real worker in
// this process, a Postgres of its own, a GitHub that lets each call wait. GitHub allows an installation one write a
// second, so lanes are worth as much as there are installations. `npm run bench:lanes` (`-- --quick` for a look); writes
// docs/bench-lanes.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { openAndon } from '../src/andon.ts'
import { openTestDatabase } from '../test/support/database.ts'
import { type FakeGitHub, openFakeGitHub } from '../test/support/fake-github.ts'
import { organizationOf } from '../test/support/many-installations.ts'
import { startBenchCluster } from './cluster.ts'

const CALL_MS = 150
const quick = process.argv.includes('--quick')
const WINDOW_SECONDS = quick ? 10 : 30
const WARM_UP_SECONDS = 5

const cluster = await startBenchCluster()
try {
  const lines: string[] = []
  for (const installations of [1, 10, 100]) {
    const { perSecond, mostAtOnce } = await measure(installations)
    lines.push(
      `| ${installations} | ${perSecond.toFixed(1)} | ${(perSecond / installations).toFixed(2)} | ${mostAtOnce} |`,
    )
  }
  const text = `# What the lanes carry

Written by \`npm run bench:lanes\`. ${cpus().length} cores, ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)} at the end. One worker on Postgres, a GitHub on
this machine whose every call takes ${CALL_MS} ms; reactions are always due in every installation. Writes of one installation are 1,050 ms
apart, so 0.95 a second is the most that GitHub's limit leaves each. ${WINDOW_SECONDS} s a row ([decision 0022](decisions/0022-lanes.md)).

| installations | writes a second | each | calls at once, at most |
|---:|---:|---:|---:|
${lines.join('\n')}
`
  console.log(text)
  if (!quick) writeFileSync(resolve(import.meta.dirname, '../docs/bench-lanes.md'), text)
} finally {
  await cluster.remove()
}

async function measure(installations: number): Promise<{ perSecond: number; mostAtOnce: number }> {
  const database = await openTestDatabase('postgres')
  const github = await openFakeGitHub({ organization: organizationOf(installations) })
  const dataDirectory = mkdtempSync(join(tmpdir(), 'andon-lanes-'))
  let atOnce = 0
  let mostAtOnce = 0
  github.chooseFaults(() => {
    atOnce += 1
    mostAtOnce = Math.max(mostAtOnce, atOnce)
    const until = sleep(CALL_MS).then(() => {
      atOnce -= 1
    })
    return { kind: 'freeze', until }
  })
  const comments = await Promise.all(github.repositories.map((repository) => commentIn(github, repository)))
  const at = new Date().toISOString()
  const installed = github.repositories.map((fullName, index) => ({ fullName, installationId: 900_001 + index }))
  await database.kysely
    .insertInto('installations')
    .values(installed.map(({ fullName, installationId: id }) => ({ id, account: fullName, updatedAt: at })))
    .execute()
  await database.kysely
    .insertInto('repositories')
    .values(
      installed.map(({ fullName, installationId }) => ({
        id: github.repositoryId(fullName),
        fullName,
        installationId,
        private: false,
        defaultBranch: 'main',
        updatedAt: at,
      })),
    )
    .execute()
  await database.kysely.insertInto('effects').values(installed.flatMap(reactionsIn)).execute()
  const andon = await openAndon({
    config: {
      role: 'worker',
      port: 0,
      host: '127.0.0.1',
      appId: github.appId,
      privateKey: github.privateKey,
      webhookSecrets: [github.webhookSecret],
      githubApiUrl: github.url,
      githubUrl: github.url,
      oidcIssuer: github.oidcIssuer,
      databaseUrl: database.url ?? null,
      dataDirectory,
      access: 'open',
      client: null,
      secret: null,
      operators: [],
      baseUrl: 'https://andon.example.com',
      webhookProxyUrl: null,
      logLevel: 'silent',
      production: false,
      warnings: [],
    },
    build: 'bench',
    database,
    log: pino({ level: 'silent' }),
  })
  await andon.startWorker()
  await sleep(WARM_UP_SECONDS * 1000)
  const before = github.writes.count('reaction')
  await sleep(WINDOW_SECONDS * 1000)
  const perSecond = (github.writes.count('reaction') - before) / WINDOW_SECONDS
  await andon.close()
  await github.close()
  await database.close()
  rmSync(dataDirectory, { recursive: true, force: true })
  return { perSecond, mostAtOnce }

  /** One for each slot of the measurement. */
  function reactionsIn({ fullName }: { fullName: string }, index: number) {
    return Array.from({ length: WARM_UP_SECONDS + WINDOW_SECONDS + 10 }, (_, nth) => {
      const key = `react/${nth}/eyes`
      const effect = { type: 'react', key, commentId: comments[index] ?? 0, content: 'eyes', mayWrite: true }
      const document = JSON.stringify(effect)
      const times = { dueAt: at, createdAt: at, updatedAt: at }
      return { repositoryId: github.repositoryId(fullName), type: 'react' as const, key, document, ...times }
    })
  }
}

async function commentIn(github: FakeGitHub, repository: string): Promise<number> {
  const number = await github.openIssue(repository, { title: 'Talk' })
  return await github.comment(repository, number, '/andon status')
}

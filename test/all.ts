// `npm test`: formatting, types and every test, with a Postgres server made for the run and removed after it.
// `npm test -- test/store` hands words on to vitest. With CI=true nothing may be left out.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium } from './support/find-chromium.ts'
import { findPostgres, type PostgresCluster, startCluster } from './support/postgres-cluster.ts'

const EXIT_GRACE_MS = 20_000
const words = process.argv.slice(2)
const startedAt = Date.now()
const scratch = mkdtempSync(join(tmpdir(), 'andon-test-'))
let child: ChildProcess | null = null
const clusters: PostgresCluster[] = []
let interrupted: NodeJS.Signals | null = null

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted ??= signal
    child?.kill(signal)
  })
}

try {
  process.exitCode = await runAll()
} catch (error) {
  console.error(`npm test: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  for (const cluster of clusters) await cluster.remove()
  rmSync(scratch, { recursive: true, force: true })
}
if (interrupted) process.exitCode = 130

async function runAll(): Promise<number> {
  const missing = missingTools()
  if (missing.length > 0 && process.env.CI === 'true') {
    console.error(`npm test: with CI=true nothing is left out, but ${missing.map(({ what }) => what).join(' and ')}.`)
    return 1
  }
  const checks = [
    await run('biome check', packageBinary('@biomejs/biome', 'bin/biome'), ['check', '.']),
    await run('tsc --noEmit', packageBinary('typescript', 'bin/tsc'), ['--noEmit']),
    await run('knip', packageBinary('knip', 'bin/knip.js'), []),
  ]
  if (interrupted) return 130
  const environment = await toolEnvironment()
  const report = join(scratch, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const tested = await run(
    'vitest',
    packageBinary('vitest', 'vitest.mjs'),
    ['run', ...words, ...projects(missing), ...reporters],
    { environment, report },
  )
  if (interrupted) return 130
  for (const { what, how } of missing) console.log(`left out: ${what}; ${how}`)
  return summarize({ checks, tested, report })
}

type MissingTool = { readonly what: string; readonly how: string; readonly projects: readonly string[] }

function missingTools(): readonly MissingTool[] {
  const missing: MissingTool[] = []
  if (!process.env.ANDON_TEST_POSTGRES && !findPostgres()) {
    missing.push({
      what: 'no Postgres server was found, so its tests did not run',
      how: 'install one (apt-get install postgresql) or set ANDON_TEST_POSTGRES=postgres://postgres@host/postgres.',
      projects: ['postgres', 'processes', 'end-to-end'],
    })
  }
  if (!findChromium()) {
    missing.push({
      what: 'no Chromium was found, so the browser tests did not run',
      how: 'install one (apt-get install chromium) or set ANDON_TEST_CHROMIUM=/path/to/chromium.',
      projects: ['browser', 'end-to-end'],
    })
  }
  return missing
}

async function toolEnvironment(): Promise<NodeJS.ProcessEnv> {
  // Andon is started a hundred times: what the first start compiled, the others need not.
  const environment: NodeJS.ProcessEnv = { NODE_COMPILE_CACHE: join(scratch, 'compiled'), ...process.env }
  const binaries = findPostgres()
  if (!environment.ANDON_TEST_POSTGRES && binaries) {
    const cluster = await startCluster(binaries)
    clusters.push(cluster)
    environment.ANDON_TEST_POSTGRES = cluster.url
  }
  const chromium = findChromium()
  if (chromium) environment.ANDON_TEST_CHROMIUM = chromium
  return environment
}

function projects(missing: readonly MissingTool[]): readonly string[] {
  return [...new Set(missing.flatMap(({ projects }) => projects))].map((name) => `--project=!${name}`)
}

/** Runs a tool under this Node, its output passed through; resolves to whether it succeeded. */
async function run(
  title: string,
  script: string,
  words: readonly string[],
  o: { environment?: NodeJS.ProcessEnv; report?: string } = {},
): Promise<boolean> {
  if (interrupted) return false
  console.log(`\n── ${title}`)
  child = spawn(process.execPath, [script, ...words], { stdio: 'inherit', env: o.environment ?? process.env })
  const leash = o.report === undefined ? undefined : exitAfterReport(child, o.report)
  const [code] = await once(child, 'exit')
  clearInterval(leash)
  child = null
  return code === 0
}

// What a failed test left running can hold vitest open for ever: its report is its last word.
function exitAfterReport(runner: ChildProcess, report: string): NodeJS.Timeout {
  let reportedAt: number | null = null
  return setInterval(() => {
    if (existsSync(report)) reportedAt ??= Date.now()
    if (reportedAt === null || Date.now() - reportedAt < EXIT_GRACE_MS) return
    console.error('npm test: vitest reported but did not end; a test left something running.')
    runner.kill('SIGKILL')
  }, 1_000)
}

function packageBinary(name: string, path: string): string {
  return join(import.meta.dirname, '../node_modules', name, path)
}

function summarize(o: { checks: readonly boolean[]; tested: boolean; report: string }): number {
  const { passed, failed } = readReport(o.report)
  const brokenChecks = o.checks.filter((succeeded) => !succeeded).length
  // A runner that failed without a failed test (an unhandled error, no test at all) is a failure all the same.
  const broken = brokenChecks + Math.max(failed, o.tested ? 0 : 1)
  console.log(`\nnpm test took ${Math.round((Date.now() - startedAt) / 1000)} s on Node ${process.versions.node}.`)
  if (brokenChecks > 0) console.log('Formatting or types need a fix: see the first lines, and `npm run format`.')
  console.log(`tests: ${passed} passed, ${broken} failed`)
  return broken === 0 ? 0 : 1
}

function readReport(path: string): { passed: number; failed: number } {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'))
    return { passed: report.numPassedTests, failed: report.numFailedTests }
  } catch {
    return { passed: 0, failed: 0 }
  }
}

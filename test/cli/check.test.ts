// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub's expressions look like it.
// `andon check`: every mistake is found at its line, and nothing where there is none.
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { checkCheckout, checkFiles } from '../../src/cli/checkout.ts'
import { AGENTS, type AgentName, templateFiles } from '../../src/cli/workflow-templates.ts'
import { recordMeasurements } from '../support/measurements.ts'
import { andon, emptyCheckout, git, readCheckoutFile, writeFiles } from './support/checkout.ts'
import { MISTAKES } from './support/mistakes.ts'

const OPTIONS = { source: 'acme/andon@v1', url: 'https://andon.acme.dev' }
const AGENT_NAMES = Object.keys(AGENTS) as AgentName[]

function checkoutOf(agent: AgentName): string {
  const root = emptyCheckout()
  writeFiles(root, templateFiles({ agent, ...OPTIONS }))
  return root
}

test.each(AGENT_NAMES)('nothing is found in the files for %s', (agent) => {
  expect(checkCheckout(checkoutOf(agent)).problems).toEqual([])
})

test('every mistake is found in the files for every agent, at its line', () => {
  let found = 0
  for (const agent of AGENT_NAMES) {
    const root = checkoutOf(agent)
    for (const { name, file, change, says, at } of MISTAKES) {
      const whole = readCheckoutFile(root, file)
      const mistaken = change(whole)
      expect(mistaken, `${name} changes ${file}`).not.toBe(whole)
      writeFiles(root, [{ path: file, text: mistaken }])
      const { problems } = checkFiles(root)
      const one = problems.find((problem) => problem.file === file && says.test(problem.message))
      expect(one, `${name} for ${agent}: ${JSON.stringify(problems)}`).toBeDefined()
      expect(mistaken.split('\n')[(one?.line ?? 0) - 1], `${name}: ${one?.message}`).toMatch(at)
      found += 1
      writeFiles(root, [{ path: file, text: whole }])
    }
    expect(checkFiles(root).problems).toEqual([])
  }
  recordMeasurements('check', {
    ...{ faults: found, lost: 0, mistakes: MISTAKES.length, 'files of agents': AGENT_NAMES.length },
  })
  expect(MISTAKES.length).toBeGreaterThanOrEqual(30)
})

test('files that GitHub or Andon will not see are found', () => {
  const root = checkoutOf('empty')
  const messages = () =>
    checkCheckout(root).problems.map(({ file, severity, message }) => `${file} ${severity}: ${message}`)
  writeFileSync(join(root, '.gitignore'), 'code.yml\n')
  expect(messages()).toEqual([expect.stringMatching(/^\.github\/workflows\/code\.yml error: Git ignores this file/)])
  rmSync(join(root, '.gitignore'))
  git(root, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/trunk')
  expect(messages()).toEqual([expect.stringMatching(/andon\.yml warning: This checkout is on `main`.*`trunk` only/)])
  git(root, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main')
  renameSync(join(root, '.github/workflows/plan.yml'), join(root, '.github/workflows/Plan.yml'))
  expect(messages()).toEqual([expect.stringContaining('did you mean `Plan.yml`?')])
  renameSync(join(root, '.github/andon.yml'), join(root, '.github/andon.yaml'))
  expect(messages()).toEqual([
    '.github/andon.yaml error: Andon reads .github/andon.yml only; move .github/andon.yaml there.',
  ])
  rmSync(join(root, '.github'), { recursive: true })
  expect(messages()).toEqual([expect.stringContaining('`andon init` writes one')])
})

test('a workflow that something else starts need not be one that Andon can start', () => {
  const root = checkoutOf('empty')
  const file = '.github/andon.yml'
  writeFiles(root, [
    { path: file, text: readCheckoutFile(root, file).replace('test.yml, ', 'test.yml, observe: true, ') },
    {
      path: '.github/workflows/test.yml',
      text: 'on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: [{ run: make }]\n',
    },
  ])
  expect(checkCheckout(root).problems).toEqual([])
})

test('the command says it to people, to programs and to GitHub, and by its exit code', () => {
  const root = checkoutOf('codex')
  expect(andon(['check', root])).toMatchObject({ status: 0, stdout: '4 files checked: nothing to mend.\n', stderr: '' })
  const file = '.github/workflows/plan.yml'
  writeFiles(root, [{ path: file, text: readCheckoutFile(root, file).replace('run-name:', 'run-nam:') }])
  const people = andon(['check', '.'], { cwd: root })
  expect(people.status).toBe(65)
  expect(people.stdout).toMatch(/^\.github\/workflows\/plan\.yml:\d+:1: error: `run-nam` is not.*`run-name`\?$/m)
  expect(people.stdout).toMatch(/4 files checked: 2 errors, 0 warnings\.\n$/)
  const programs = andon(['check', file, '--json'], { cwd: root })
  expect(programs.status).toBe(65)
  const { problems } = JSON.parse(programs.stdout)
  expect(problems).toContainEqual({
    file,
    line: expect.any(Number),
    column: 1,
    severity: 'error',
    message: expect.any(String),
  })
  const github = andon(['check'], { cwd: root, env: { GITHUB_ACTIONS: 'true' } })
  expect(github.stdout).toMatch(/^::error file=\.github\/workflows\/plan\.yml,line=\d+,col=1,title=Andon::`run-nam`/m)
})

test('a warning alone is no failure, and a file outside of a checkout is checked by itself', () => {
  const root = checkoutOf('empty')
  const file = '.github/workflows/test.yml'
  const text = readCheckoutFile(root, file).replace('    runs-on:', '    environment: ci\n    runs-on:')
  writeFiles(root, [{ path: file, text }])
  expect(andon(['check', root])).toMatchObject({ status: 0, stdout: expect.stringContaining('0 errors, 1 warning.') })
  writeFiles(root, [{ path: 'draft.yml', text: 'stages:\n  plan: { workflow: nowhere.yml }\n' }])
  expect(andon(['check', 'draft.yml'], { cwd: root })).toMatchObject({
    status: 0,
    stdout: '1 file checked: nothing to mend.\n',
  })
})

test('the action installs Andon, checks the caller’s checkout, and annotates its files', () => {
  const root = checkoutOf('empty')
  const file = '.github/andon.yml'
  writeFiles(root, [
    { path: file, text: readCheckoutFile(root, file).replace('rework', 'rewrok') },
    // An npm that has nothing to install.
    { path: 'bin/npm', text: '#!/usr/bin/env bash\n[ "$3" = ci ] || PATH="${PATH#*:}" exec npm "$@"\n' },
  ])
  chmodSync(join(root, 'bin/npm'), 0o755)
  const { runs, inputs } = parse(readFileSync('action/check/action.yml', 'utf8'))
  const [step] = runs.steps
  expect(step.env).toEqual({ CHECKED_PATH: '${{ inputs.path }}' })
  const { status, stdout } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
    cwd: root,
    encoding: 'utf8',
    env: {
      PATH: `${join(root, 'bin')}:${process.env.PATH}`,
      HOME: process.env.HOME,
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTION_PATH: resolve('action/check'),
      CHECKED_PATH: inputs.path.default,
    },
  })
  expect(stdout).toMatch(/^::error file=\.github\/andon\.yml,line=\d+,col=1,title=Andon::`rewrok`.*`rework`\?$/m)
  expect(status).toBe(65)
})

test('a mistyped command is one sentence', () => {
  for (const args of [['--jsn'], ['a', 'b'], ['/nowhere/at/all']]) {
    const { status, stdout, stderr } = andon(['check', ...args])
    expect([status, stdout]).toEqual([64, ''])
    expect(stderr).toMatch(/^andon: .+\.\n$/)
  }
})

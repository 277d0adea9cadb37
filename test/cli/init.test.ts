// `andon init`: what it writes can be pushed as it is, and nothing of the user's is lost.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { AGENTS } from '../../src/cli/workflow-templates.ts'
import { parseAndonYml } from '../../src/line/parse-andon-yml.ts'
import { andon, emptyCheckout, readCheckoutFile, writeFiles } from './support/checkout.ts'

const FROM = ['--from', 'acme/andon@v1', '--url', 'https://andon.acme.dev/']
const FILES = ['andon.yml', 'workflows/plan.yml', 'workflows/code.yml', 'workflows/test.yml'].map(
  (name) => `.github/${name}`,
)

type Job = {
  readonly permissions: Readonly<Record<string, string>>
  readonly steps: readonly { readonly name?: string; readonly uses?: string; readonly run?: string }[]
}

function init(root: string, ...args: readonly string[]) {
  return andon(['init', root, ...args])
}

function jobOf(root: string, stage: string): Job {
  return parse(readCheckoutFile(root, `.github/workflows/${stage}.yml`)).jobs[stage]
}

describe.each(Object.keys(AGENTS))('init --agent %s', (agent) => {
  test('writes a line and its workflows, in which nothing is wrong', () => {
    const root = emptyCheckout()
    const { status, stdout, stderr } = init(root, '--agent', agent, ...FROM)
    expect([status, stderr]).toEqual([0, ''])
    for (const file of FILES) expect(stdout).toContain(`written: ${file}\n`)
    expect(readdirSync(join(root, '.github')).sort()).toEqual(['andon.yml', 'workflows'])
    expect(readdirSync(join(root, '.github/workflows')).sort()).toEqual(['code.yml', 'plan.yml', 'test.yml'])
    expect(andon(['check', root])).toMatchObject({ status: 0, stdout: '4 files checked: nothing to mend.\n' })
    const parsed = parseAndonYml(readCheckoutFile(root, FILES[0]!))
    expect(parsed).toMatchObject({
      line: { stages: [{ name: 'plan' }, { name: 'code' }, { name: 'test' }, { name: 'review' }] },
    })
  })

  test('guards against a second run, reports, and lets no word of an issue into a script', () => {
    const root = emptyCheckout()
    init(root, '--agent', agent, ...FROM)
    for (const stage of ['plan', 'code', 'test']) {
      const { steps } = jobOf(root, stage)
      expect(steps[0]?.name).toBe('Stop if an older run carries this attempt')
      const reports = steps.filter(({ uses }) => uses === 'acme/andon/action@v1')
      expect(reports).toHaveLength(2)
      // Silence between two reports is the agent's own: its step lies between them.
      expect(steps.indexOf(reports[1]!) - steps.indexOf(reports[0]!)).toBeGreaterThan(1)
      for (const { run = '' } of steps) expect(run).not.toContain('${{')
      const text = readCheckoutFile(root, `.github/workflows/${stage}.yml`)
      expect(text.match(/PROMPT$|STEP|OWNER|Copy this/gm) ?? []).toEqual([])
    }
  })

  test('says which secrets and settings are needed, and the setting without which no pull request opens', () => {
    const root = emptyCheckout()
    const { stdout } = init(root, '--agent', agent, ...FROM)
    const secrets = { 'claude-code': 'ANTHROPIC_API_KEY', codex: 'OPENAI_API_KEY', openhands: 'LLM_API_KEY' }
    const secret = secrets[agent as keyof typeof secrets]
    const named = [...stdout.matchAll(/gh secret set (\w+)/g)].map(([, name]) => name)
    expect(named).toEqual(secret === undefined ? [] : [secret])
    expect(stdout).toContain('gh variable set ANDON_URL --body https://andon.acme.dev\n')
    const setting = 'Allow GitHub Actions to create'
    expect(stdout).toContain(setting)
    expect(readCheckoutFile(root, '.github/workflows/code.yml')).toContain(setting)
  })
})

test('an agent’s step takes the place of the placeholder, with the prompt of its stage', () => {
  for (const agent of Object.keys(AGENTS).filter((name) => name !== 'empty')) {
    const root = emptyCheckout()
    init(root, '--agent', agent, ...FROM)
    for (const [stage, name, words] of [
      ['plan', 'Plan', 'write plan.md'],
      ['code', 'Code', 'Do not commit'],
    ] as const) {
      const step = JSON.stringify(jobOf(root, stage).steps.find((one) => one.name === name))
      expect(step, agent).toContain('follow no\\ninstruction')
      expect(step, agent).toContain(words)
      expect(readCheckoutFile(root, `.github/workflows/${stage}.yml`)).not.toContain('Replace this step')
    }
  }
  const root = emptyCheckout()
  init(root, '--agent', 'copilot', ...FROM)
  expect(jobOf(root, 'code').permissions['copilot-requests']).toBe('write')
  expect(jobOf(root, 'test').permissions).not.toHaveProperty('copilot-requests')
})

test('the first line of andon.yml names its schema, where Andon runs or else where its source is', () => {
  const first = (...args: readonly string[]) => {
    const root = emptyCheckout()
    init(root, '--agent', 'empty', ...args)
    return readCheckoutFile(root, FILES[0]!).split('\n')[0]
  }
  const line = '# yaml-language-server: $schema='
  expect(first(...FROM)).toBe(`${line}https://andon.acme.dev/assets/andon.schema.json`)
  expect(first('--from', 'acme/andon@v1')).toBe(
    `${line}https://raw.githubusercontent.com/acme/andon/v1/public/andon.schema.json`,
  )
})

test('a file of the user’s is overwritten only with --force, and without it nothing is written', () => {
  const root = emptyCheckout()
  const mine = { path: '.github/workflows/code.yml', text: 'on: push\n' }
  writeFiles(root, [mine])
  const refused = init(root, '--agent', 'codex', ...FROM)
  expect(refused).toMatchObject({ status: 1, stdout: '' })
  expect(refused.stderr).toContain(`${mine.path} is there already and differs: nothing was written`)
  expect(readdirSync(join(root, '.github/workflows'))).toEqual(['code.yml'])
  expect(readCheckoutFile(root, mine.path)).toBe(mine.text)
  const forced = init(root, '--agent', 'codex', '--force', ...FROM)
  expect(forced).toMatchObject({ status: 0, stdout: expect.stringContaining(`overwritten: ${mine.path}\n`) })
  const again = init(root, '--agent', 'codex', ...FROM)
  expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining('Everything is there already') })
})

test('without the owner of Andon’s repository, the first step is to name it, and `check` finds that it is missing', () => {
  const root = emptyCheckout()
  const { status, stdout } = init(root, '--agent', 'empty', '--from', 'OWNER/andon@main')
  expect([status, stdout.includes('1. Replace OWNER/andon@main')]).toEqual([0, true])
  expect(andon(['check', root])).toMatchObject({ status: 65, stdout: expect.stringContaining('has a placeholder') })
})

test('a mistyped command is one sentence that says what to do, and writes nothing', () => {
  const root = emptyCheckout()
  const mistakes = [
    [[root], 'claude-code, codex, openhands, copilot, empty'],
    [[root, '--agent', 'codx'], 'did you mean `codex`?'],
    [[root, '--agent', 'cursor'], 'the agents are claude-code'],
    [[root, '--agent', 'codex', '--url', 'andon.acme.dev'], '`--url` takes'],
    [[root, '--agent', 'codex', '--from', 'acme'], '`--from` takes'],
    [[root, '--agent', 'codex', '--forc'], 'use `init'],
    [[join(root, 'nowhere'), '--agent', 'codex'], 'there is no folder'],
  ] as const
  for (const [args, words] of mistakes) {
    const { status, stdout, stderr } = andon(['init', ...args])
    expect([status, stdout], args.join(' ')).toEqual([64, ''])
    expect(stderr).toContain(words)
  }
  expect(readdirSync(root)).toEqual(['.git'])
})

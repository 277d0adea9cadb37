import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import type { TemplateFile } from '../../../src/cli/workflow-templates.ts'

/** An empty git repository, removed when the test is over. */
export function emptyCheckout(): string {
  const root = mkdtempSync(join(tmpdir(), 'andon-checkout-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  git(root, 'init', '--quiet', '--initial-branch', 'main')
  return root
}

export function git(root: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

export function writeFiles(root: string, files: readonly TemplateFile[]): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

export function readCheckoutFile(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Runs the command line as a person or a workflow does. */
export function andon(args: readonly string[], { cwd = '.', env = {} } = {}) {
  const { PATH, HOME } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('src/main.ts'), ...args], {
    cwd,
    env: { PATH, HOME, ...env },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

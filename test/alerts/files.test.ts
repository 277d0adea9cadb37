// The files that operators copy: alerts, runbook, dashboard and the list of metrics name only what there is.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { listMetrics } from '../../docs/generate/tables.ts'
import { readAlertRules } from './support/promtool.ts'

const rules = readAlertRules()
const runbook = readFileSync('docs/runbook.md', 'utf8')
const names = new Set(
  listMetrics().flatMap(({ name, type }) =>
    type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
)

const metricsIn = (text: string): readonly string[] => text.match(/\bandon_[a-z_]+\b/g) ?? []

test('every metric of an alert exists', () => {
  const used = rules.flatMap(({ expr }) => metricsIn(expr))
  expect(used.length).toBeGreaterThan(10)
  expect(used.filter((name) => !names.has(name))).toEqual([])
})

test('every metric of the dashboard exists, and no expression is of another', () => {
  const dashboard = JSON.parse(readFileSync('deploy/grafana/andon.json', 'utf8')) as {
    panels: { title: string; targets: { expr: string }[] }[]
  }
  const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  expect(expressions.filter((expr) => metricsIn(expr).length === 0)).toEqual([])
  expect(expressions.flatMap(metricsIn).filter((name) => !names.has(name))).toEqual([])
})

test('every alert leads to its entry in the runbook, and every entry is of an alert', () => {
  const entries = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name)
  expect(entries.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted())
  for (const { alert, annotations } of rules) {
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`)
    expect(annotations.summary).toMatch(/\.$/)
    expect(annotations.todo, alert).toBeTruthy()
  }
})

test('the commands of the runbook and of the alerts are those of the command line', () => {
  const text = runbook + rules.map(({ annotations }) => annotations.todo).join('\n')
  const help = readFileSync('docs/reference/command-line.md', 'utf8')
  const used = [...text.matchAll(/andon -- ([a-z]+)/g)].map(([, command = '']) => command)
  expect(used.length).toBeGreaterThan(5)
  expect(used.filter((command) => !new RegExp(`^  ${command}\\b`, 'm').test(help))).toEqual([])
})

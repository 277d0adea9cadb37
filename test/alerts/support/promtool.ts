// What Prometheus would do over two hours in which `/metrics` says what it says now: asked of Prometheus itself.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse, stringify } from 'yaml'

const RULES_FILE = resolve(import.meta.dirname, '../../../deploy/prometheus/andon.rules.yml')

export type AlertRule = {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export function readAlertRules(): readonly AlertRule[] {
  const { groups } = parse(readFileSync(RULES_FILE, 'utf8')) as { groups: readonly { rules: readonly AlertRule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

/** Debian has it in the package `prometheus`. */
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0

export type Sample = { readonly name: string; readonly labels: string; readonly value: number }

/** The samples of Andon's own metrics. */
export function parseMetrics(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', labels = '', value = ''] = /^(andon_\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    return name === '' ? [] : [{ name, labels, value: Number(value) }]
  })
}

const MINUTES = 120
const TARGET = 'job="andon",instance="web-1"'

/** Whether exactly these alerts fire after two hours of this; what promtool says if not. */
export function whyNotFired(
  o: { readonly samples: readonly Sample[]; readonly at: string; readonly isUp: boolean },
  fired: readonly string[],
): string | null {
  // promtool's time begins at 0: moments are moved there, and keep their age.
  const moved = ({ name, value }: Sample) =>
    name.endsWith('_timestamp_seconds') ? value - Date.parse(o.at) / 1000 + MINUTES * 60 : value
  const series = o.samples.map((sample) => ({
    series: `${sample.name}{${[TARGET, sample.labels].filter(Boolean).join(',')}}`,
    values: `${moved(sample)}+0x${MINUTES}`,
  }))
  const up = { series: `up{${TARGET}}`, values: `${o.isUp ? 1 : 0}+0x${MINUTES}` }
  const expected = readAlertRules().map(({ alert, labels, annotations }) => ({
    eval_time: `${MINUTES}m`,
    alertname: alert,
    exp_alerts: fired.includes(alert)
      ? [{ exp_labels: { ...labels, job: 'andon', instance: 'web-1' }, exp_annotations: annotations }]
      : [],
  }))
  const directory = mkdtempSync(join(tmpdir(), 'andon-alerts-'))
  const file = join(directory, 'test.yml')
  const test = { interval: '1m', input_series: [up, ...series], alert_rule_test: expected }
  writeFileSync(file, stringify({ rule_files: [RULES_FILE], evaluation_interval: '1m', tests: [test] }))
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
  rmSync(directory, { recursive: true })
  return status === 0 ? null : `${stdout}${stderr}`
}

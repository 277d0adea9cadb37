// Mistakes that people make in andon.yml and in workflows, each as one change of a whole file.

export type Mistake = {
  readonly name: string
  readonly file: string
  readonly change: (text: string) => string
  /** What the message says. */
  readonly says: RegExp
  /** The line that the message is at. */
  readonly at: RegExp
}

const ANDON = '.github/andon.yml'
const PLAN = '.github/workflows/plan.yml'
const CODE = '.github/workflows/code.yml'

const expression = (text: string) => `\${{ ${text} }}`
const replaced = (from: string | RegExp, to: string) => (text: string) => text.replace(from, () => to)
const inputs = (lines: string) => replaced('    inputs:\n', `    inputs:\n${lines}`)
const group = (lines: string) => replaced(/^concurrency:\n {2}group: .*\n {2}cancel-in-progress: false$/m, lines)
/** A step of the plan that reads the issue. */
const script = (lines: string) => replaced(/run: gh issue view .*$/m, lines)

const IN_ANDON_YML: readonly Omit<Mistake, 'file'>[] = [
  {
    name: 'a misspelt field',
    change: replaced('timeout: 1h', 'timout: 1h'),
    says: /did you mean `timeout`/,
    at: /plan:/,
  },
  { name: 'a misspelt block', change: replaced('limits:', 'limit:'), says: /did you mean `limits`/, at: /^limit:/ },
  { name: 'a value that is none', change: replaced('approval', 'approved'), says: /takes `approval`/, at: /plan:/ },
  { name: 'a number in words', change: replaced('rework: 2', 'rework: two'), says: /from 0 to 10/, at: /^rework/ },
  { name: 'a duration too long', change: replaced('limit: 3h', 'limit: 200h'), says: /to `120h`/, at: /code:/ },
  { name: 'a duration of two units that overlap', change: replaced('3h', '1h90m'), says: /such as/, at: /code:/ },
  {
    name: 'a timeout longer than its limit',
    change: replaced('3h', '1h'),
    says: /longer than the `limit`/,
    at: /code:/,
  },
  { name: 'one workflow for two stages', change: replaced('code.yml', 'plan.yml'), says: /already/, at: /code:/ },
  { name: 'a stage without work', change: replaced('{ pull_request: true }', '{}'), says: /neither/, at: /review/ },
  { name: 'no stages', change: replaced(/^stages:[\s\S]*(?=^rework)/m, ''), says: /`stages` is missing/, at: /./ },
  { name: 'a name that is none', change: replaced('  plan:', '  Plan It:'), says: /name of a stage/, at: /Plan It/ },
  { name: 'a tab', change: replaced('  test:', '\ttest:'), says: /tab|indented/, at: /test/ },
  {
    name: 'a file that is not there',
    change: replaced('plan.yml', 'plna.yml'),
    says: /did you mean `plan.yml`/,
    at: /plna/,
  },
]

const IN_PLAN: readonly Omit<Mistake, 'file'>[] = [
  { name: 'no run-name', change: replaced(/^run-name.*\n/m, ''), says: /`run-name` is missing/, at: /./ },
  {
    name: 'a run-name without the key',
    change: replaced(/^run-name.*$/m, `run-name: "plan ${expression('inputs.issue')}"`),
    says: /does not carry the attempt key/,
    at: /^run-name/,
  },
  {
    name: 'a misspelt trigger',
    change: replaced('dispatch:', 'dipatch:'),
    says: /meant to be `workflow_disp/,
    at: /^on:/,
  },
  {
    name: 'another trigger',
    change: replaced(/^on:[\s\S]*?(?=^#)/m, 'on: [push]\n'),
    says: /has no `workflow_disp/,
    at: /^on/,
  },
  {
    name: 'a misspelt input',
    change: replaced('      andon:', '      adnon:'),
    says: /`adnon` meant to be `andon`/,
    at: /inputs/,
  },
  {
    name: 'an input that is not declared',
    change: replaced(/ {6}issue:\n(?: {8}.*\n)+/, ''),
    says: /`issue` is not declared/,
    at: /inputs/,
  },
  {
    name: 'another required input',
    change: inputs('      branch:\n        required: true\n'),
    says: /`branch` is required/,
    at: /branch/,
  },
  {
    name: 'too many inputs',
    change: inputs(Array.from({ length: 24 }, (_, index) => `      a${index}: {}\n`).join('')),
    says: /26 inputs/,
    at: /inputs/,
  },
  {
    name: 'an input that takes no text',
    change: replaced('type: string', 'type: boolean'),
    says: /`type: string`/,
    at: /type/,
  },
  {
    name: 'a misspelt field of an input',
    change: replaced('required:', 'requird:'),
    says: /`required`/,
    at: /requird/,
  },
  {
    name: 'reports without a token',
    change: replaced(/^ *id-token: write\n/m, ''),
    says: /`permissions: id-token: w/,
    at: /name: Rep/,
  },
  {
    name: 'a misspelt permission',
    change: replaced('id-token:', 'id-tokens:'),
    says: /mean `id-token`/,
    at: /id-tokens/,
  },
  {
    name: 'a level that is none',
    change: replaced('contents: read', 'contents: red'),
    says: /is `read`, `write`/,
    at: /red$/,
  },
  {
    name: 'a job that outlives its stage',
    change: replaced('minutes: 60', 'minutes: 300'),
    says: /at most 120/,
    at: /300/,
  },
  {
    name: 'a job without a time limit',
    change: replaced(/^ *timeout-min.*\n/m, ''),
    says: /default is 360/,
    at: /plan:/,
  },
  {
    name: 'a misspelt time limit',
    change: replaced('timeout-minutes', 'timeout-minute'),
    says: /mean `timeout-min/,
    at: /minute:/,
  },
  {
    name: 'an environment',
    change: replaced('    runs-on:', '    environment: production\n    runs-on:'),
    says: /reviewers/,
    at: /environment/,
  },
  {
    name: 'a group in which issues cancel each other',
    change: group('concurrency:\n  group: plan\n  cancel-in-progress: true'),
    says: /cancels that of another/,
    at: /^concurrency/,
  },
  {
    name: 'a group in which issues wait',
    change: group('concurrency: agents'),
    says: /wait for each other/,
    at: /^concurrency/,
  },
  {
    name: 'an issue’s title in a script',
    change: script(`run: echo "${expression('github.event.issue.title')}"`),
    says: /runs as code/,
    at: /run:/,
  },
  {
    name: 'an input in a script',
    change: script(`run: echo ${expression('inputs.issue')}`),
    says: /runs as code/,
    at: /run:/,
  },
  {
    name: 'an issue’s text that is not there',
    change: replaced(`ISSUE: ${expression('inputs.issue')}`, `ISSUE: ${expression('github.event.issue.body')}`),
    says: /is empty in a run that Andon starts/,
    at: /event/,
  },
  {
    name: 'no token for gh',
    change: replaced(/^ *GH_TOKEN:.*\n(?= *ISSUE)/m, ''),
    says: /`gh` has no token/,
    at: /run:/,
  },
  {
    name: 'a comment without permission',
    change: replaced('issues: write', 'issues: read'),
    says: /issues: write/,
    at: /comment/,
  },
  {
    name: 'a guard without permission',
    change: replaced(/^ *actions: read\n/m, ''),
    says: /actions: read/,
    at: /run:/,
  },
  {
    name: 'a misspelt field of a report',
    change: replaced('progress: 0', 'progess: 0'),
    says: /mean `progress`/,
    at: /progess/,
  },
  {
    name: 'a report without the key',
    change: replaced(`andon: ${expression('inputs.andon')}\n          progress`, 'andon: plan\n          progress'),
    says: /does not carry the attempt key/,
    at: /andon: plan/,
  },
  { name: 'a report too far', change: replaced('progress: 100', 'progress: 120'), says: /from 0 to 100/, at: /120/ },
  { name: 'a report to nowhere', change: replaced(/^ *url: .*\n/m, ''), says: /where Andon runs/, at: /with:/ },
  { name: 'a placeholder', change: replaced(/acme\/andon/, 'OWNER/andon'), says: /placeholder/, at: /OWNER/ },
  {
    name: 'an action without version',
    change: replaced('checkout@v4', 'checkout'),
    says: /names no version/,
    at: /checkout/,
  },
  { name: 'no jobs', change: replaced('jobs:', 'job:'), says: /`jobs` is missing/, at: /./ },
  { name: 'no runner', change: replaced(/^ *runs-on.*\n/m, ''), says: /no `runs-on`/, at: /plan:/ },
  {
    name: 'a step that does nothing',
    change: replaced(/^ *- uses: act.*\n/m, '      - name: x\n'),
    says: /neither/,
    at: /name: x/,
  },
  {
    name: 'a job that is not there',
    change: replaced('    runs-on:', '    needs: paln\n    runs-on:'),
    says: /no job `paln`; did you mean `plan`/,
    at: /needs/,
  },
  { name: 'YAML that is none', change: replaced('  plan:\n', '  plan: {\n'), says: /./, at: /./ },
]

export const MISTAKES: readonly Mistake[] = [
  ...IN_ANDON_YML.map((mistake) => ({ ...mistake, file: ANDON })),
  ...IN_PLAN.map((mistake) => ({ ...mistake, file: PLAN })),
  {
    name: 'a pull request without permission',
    file: CODE,
    change: replaced('pull-requests: write', 'pull-requests: read'),
    says: /pull-requests: write/,
    at: /run:/,
  },
]

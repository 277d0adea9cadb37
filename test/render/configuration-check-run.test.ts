import { fromMarkdown } from 'mdast-util-from-markdown'
import { expect, test } from 'vitest'
import { parseAndonYml } from '../../src/line/parse-andon-yml.ts'
import { renderConfigurationCheckRun } from '../../src/render/configuration-check-run.ts'
import {
  configurationNoticeOf,
  type InvalidConfiguration,
  splitCodeSpans,
} from '../../src/render/configuration-notice.ts'
import { hostileTitles } from './support/hostile-titles.ts'

const SHA = 'c0ffee1234567890c0ffee1234567890c0ffee12'
const o = { repositoryId: 1, sha: SHA, pageUrl: 'https://andon.example/acme/widgets', githubUrl: 'https://github.com' }

function mistakenBy(text: string, over: Partial<InvalidConfiguration> = {}): InvalidConfiguration {
  const parsed = parseAndonYml(text)
  const problems = 'problems' in parsed ? parsed.problems : []
  const good = { isConfigured: true, validSha: '1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b' }
  return { repository: 'acme/widgets', source: 'repository', headSha: SHA, ...good, problems, ...over }
}

const SLIPS = 'stages:\n  plan: { workflow: plan.yml, timout: 20m }\nrework: many\n'

test('the check run names every mistake with its line, and the configuration that stays in force', () => {
  expect(renderConfigurationCheckRun(mistakenBy(SLIPS), o)).toMatchInlineSnapshot(`
    {
      "conclusion": "neutral",
      "details_url": "https://andon.example/acme/widgets",
      "external_id": "configuration/1/c0ffee1234567890c0ffee1234567890c0ffee12",
      "head_sha": "c0ffee1234567890c0ffee1234567890c0ffee12",
      "name": "andon / configuration",
      "output": {
        "summary": "**\`.github/andon.yml\` has 2 mistakes.** In force: [the last good version, of 1a2b3c4](https://github.com/acme/widgets/commit/1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b).

    | line | what is wrong |
    | --- | --- |
    | [line 2](https://github.com/acme/widgets/blob/c0ffee1234567890c0ffee1234567890c0ffee12/.github/andon.yml#L2) | \`stages.plan.timout\` is not a known field; did you mean \`timeout\`? |
    | [line 3](https://github.com/acme/widgets/blob/c0ffee1234567890c0ffee1234567890c0ffee12/.github/andon.yml#L3) | \`rework\` is \`many\`; it takes a whole number from 0 to 10. |

    [The file as it was read](https://github.com/acme/widgets/blob/c0ffee1234567890c0ffee1234567890c0ffee12/.github/andon.yml) · [acme/widgets on the board](https://andon.example/acme/widgets)
    ",
        "title": "line 2: stages.plan.timout, and 1 more",
      },
      "status": "completed",
    }
  `)
})

test('the configuration in force is of a commit, of an unknown commit, or missing', () => {
  const inForce = (over: Partial<InvalidConfiguration>) =>
    configurationNoticeOf(mistakenBy(SLIPS, over), o.githubUrl).inForce
  expect(inForce({})).toEqual({
    text: 'the last good version, of 1a2b3c4',
    url: 'https://github.com/acme/widgets/commit/1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b',
  })
  expect(inForce({ validSha: null })).toEqual({ text: 'the last good version', url: null })
  expect(inForce({ isConfigured: false, validSha: null })).toEqual({
    text: 'nothing yet, so Andon only observes',
    url: null,
  })
})

test('a mistake is linked to its line at the commit, and in an organisation’s file to its newest version', () => {
  const own = configurationNoticeOf(mistakenBy(SLIPS), o.githubUrl)
  expect(own.problems[0]?.location).toEqual({
    text: 'line 2',
    url: `https://github.com/acme/widgets/blob/${SHA}/.github/andon.yml#L2`,
  })
  const theirs = configurationNoticeOf(mistakenBy(SLIPS, { source: 'organisation' }), o.githubUrl)
  expect(theirs.organisationRepository).toBe('acme/.github')
  expect(theirs.file.url).toBe('https://github.com/acme/.github/blob/HEAD/.github/andon.yml')
})

test('a sentence is split into its words and its code, and a lone backtick stays a backtick', () => {
  expect(splitCodeSpans('`a.b` is `c`; no')).toEqual([
    { text: 'a.b', code: true },
    { text: ' is ', code: false },
    { text: 'c', code: true },
    { text: '; no', code: false },
  ])
  expect(splitCodeSpans('a ` b')).toEqual([{ text: 'a ` b', code: false }])
})

test('nothing that people write into the file becomes live markup in the check run', () => {
  for (const fragment of hostileTitles(1, 200)) {
    const messages = [fragment, `\`${fragment}\` is no field`, `before \` ${fragment}`]
    const problems = messages.map((message) => ({ fileLine: 1, column: 1, field: fragment, message }))
    const { title, summary } = renderConfigurationCheckRun(mistakenBy('', { problems }), o).output
    expect(title).not.toMatch(/[\p{Cc}\u202e\u2066]/u)
    expectInert(summary, messages.length)
  }
  const hostile = hostileTitles(2, 20)
    .map((fragment) => `${JSON.stringify(fragment)}: ${JSON.stringify(fragment)}\n`)
    .join('')
  expectInert(
    renderConfigurationCheckRun(mistakenBy(`stages:\n${hostile.replace(/^/gm, '  ')}`), o).output.summary,
    null,
  )
})

/** Expects one table with so many rows, no HTML or image, only links to the file and the board, and no live mention. */
function expectInert(summary: string, rows: number | null): void {
  const tree = JSON.stringify(fromMarkdown(summary))
  expect(tree).not.toMatch(/"type":"(html|image|heading|list|blockquote|definition|imageReference|linkReference)"/)
  const urls = [...tree.matchAll(/"url":"([^"]*)"/g)].map(([, url]) => url)
  for (const url of urls) expect(url).toMatch(/^https:\/\/(github\.com\/acme\/widgets|andon\.example)\//)
  const outside = summary.replace(/`[^`\n]*`/g, '').replace(/\]\([^)]*\)/g, ']')
  expect(outside).not.toMatch(/@[a-z\d]|(?<!&)#\d|<!--|https?:\/\/|\bwww\./i)
  const table = summary.split('\n').filter((line) => line.startsWith('|'))
  for (const row of table) expect(row.match(/\|/g)).toHaveLength(3)
  if (rows !== null) expect(table).toHaveLength(2 + rows)
}

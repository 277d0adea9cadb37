// Comments of any length, each made of what costs a CommonMark parser most. GitHub accepts 65,536 characters.

const END = '\n\n/andon retry\n'

/** The units that are repeated, by name. */
const REPEATED = {
  prose: 'The quick brown fox jumps over the lazy dog and goes on.\n',
  'short paragraphs': 'The quick brown fox.\n\n',
  commands: '/andon retry\n',
  'commands apart': '/andon retry\n\n',
  items: '- a\n',
  'loose items': '- a\n\n',
  'items of two kinds': '- a\n+ b\n',
  'items in items': '- - a\n',
  'empty items': '- -\n',
  'items in a line': '- ',
  quotes: '>',
  'quoted lines': '> a\n',
  'quoted items': '> - a\n',
  'items and quotes': '- > - > a\n',
  'quotes in a line': '  > + ',
  'footnotes in a line': '[^a]:   > + ',
  footnotes: '[^a]: b\n',
  'opening brackets': '[',
  'closing brackets': ']',
  brackets: '[a]',
  links: '[a](b) ',
  'links without an end': '[a](',
  'links in links': '[[a](b)](c)',
  images: '![',
  definitions: '[a]: b\n',
  'titles without an end': '[a]: b "c\n',
  emphasis: '**a_ ',
  stars: '*',
  tildes: '~a',
  'struck out': '~~a~~ ',
  backticks: '`a',
  'backticks alone': '`\n\n',
  'escaped backticks': '``#1. \\',
  backslashes: '\\',
  references: '&amp;***',
  tags: '<a>',
  'tags without an end': '<a b="',
  'HTML comments without an end': 'x <!-- ',
  'instructions without an end': 'x <?',
  'declarations without an end': 'x <!A',
  'character data without an end': 'x <![CDATA[',
  elements: '<div>\n\n',
  folded: '<details>\n\n',
  rows: '| a | b |\n',
  pipes: '|',
  'heads of tables': '|a|\n|-|\n\n',
  fences: '```\na\n```\n',
  'open fences': '~~~\n',
  'indented code': '    a\n\n',
  headings: '# a\n',
  'underlined headings': 'a\n===\n',
  rules: '* * *\n',
  'blank lines': '\n',
  formulas: 'a $$\n',
  'heads of mails': 'From: a\nSent: b\n',
  'beginnings of mails': 'On Mon 1\n',
  'breaks of lines': 'a  \n',
} as const

/** Containers that one line opens, and the lines that may continue them. */
const OPENED = {
  'lines after quotes': ['> '.repeat(99), 'a\n'],
  'lines after items': ['- '.repeat(99), 'a\n'],
  'blank lines after items': [`${'- '.repeat(99)}a\n`, '\n'],
  'lines after a few items': [`${'- '.repeat(4)}a\n`, 'a\n'],
  'ten quotes on each line': ['', '>>>>>>>>>> a\n'],
} as const

/** Each kind at this length and shorter, because the most expensive comment that is still parsed is just below a bound. */
export function worstCaseComments(length: number): readonly (readonly [name: string, body: string])[] {
  const repeated = Object.entries(REPEATED)
  return [
    ...repeated.map(([name, unit]) => [name, repeatTo('', unit, length)] as const),
    ...repeated.map(([name, unit]) => [`less of ${name}`, repeatTo('', unit, length / 16)] as const),
    ...Object.entries(OPENED).map(([name, [first, unit]]) => [name, repeatTo(first, unit, length)] as const),
    ['an item deeper on each line', `${steps(length, (step) => `${' '.repeat(step)}- a\n`)}${END}`],
    ['a longer run of backticks each time', `${steps(length, (step) => `${'`'.repeat(step)}a`)}${END}`],
  ]
}

function repeatTo(first: string, unit: string, length: number): string {
  return `${first}${unit.repeat((length - first.length - END.length) / unit.length)}${END}`
}

function steps(length: number, make: (step: number) => string): string {
  let text = ''
  for (let step = 1; text.length + step < length - END.length - 10; step++) text += make(step)
  return text
}

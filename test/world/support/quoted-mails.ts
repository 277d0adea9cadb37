// Replies by e-mail whose clients mark the quoted message in invented ways, or not at all.
import { type SeededRandom, seededRandom } from '../../../fake-github/random.ts'

export function quotedMails(seed: number, count: number): readonly string[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => quotedMail(random))
}

function quotedMail(random: SeededRandom): string {
  const eol = random.pick(['\n', '\r\n'])
  const between = random.pick([eol, eol + eol, ` ${eol}`, `\t${eol}`])
  const rule = random.pick(['', '--', '-----', '* * *', '________', '~~~', '====', '……', '| | |', '> '])
  const attribution = random.pick(ATTRIBUTIONS)
  const indent = random.pick(['', ' ', '   '])
  const order = random.pick(['cancel', 'hold because I say so', 'start', 'retry', 'approve', 'skip plan'])
  return [
    random.pick(ANSWERS),
    between,
    rule,
    attribution,
    between,
    'It stands still.',
    `${indent}/andon ${order}`,
    '',
  ].join(eol)
}

const ANSWERS = ['Thanks!', 'ok', 'I would say /andon cancel, but no.', '谢谢', 'شكرا', '/andonian', '**yes**', '👍']
const ATTRIBUTIONS = [
  'On Tue Alice wrote:',
  'Am Di., 20. Nov. schrieb Alice',
  'Le mardi Alice a écrit :',
  '20.11.2026, 18:58, "Alice" <notifications@github.com>:',
  '在 2026年11月20日，Alice 写道：',
  'Den tis 20 nov. skrev Alice:',
  'W dniu 20.11 Alice pisze:',
  'ספטמבר Alice כתב/ה:',
  'Från: Alice',
  'Skickat: tisdag',
  '[acme/widgets] Retry on flaky upload (Issue #1)',
  'Original Message',
  'Alice commented:',
  '',
]

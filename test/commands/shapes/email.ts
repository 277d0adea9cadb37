import { type CommentCase, lines } from './shape.ts'

/** Replies by e-mail, with the message that they answer. */
export const EMAIL: readonly CommentCase[] = [
  [
    'an answer above a quoted mail',
    lines(
      '/andon retry',
      '',
      'On Mon, Nov 3, 2025 at 10:12 AM Mona <notifications@github.com> wrote:',
      '',
      '> The run failed.',
      '> /andon cancel',
    ),
    ['retry'],
  ],
  [
    'an answer above an unquoted mail',
    lines(
      '/andon retry',
      '',
      'On Mon, Nov 3, 2025 at 10:12 AM Mona <notifications@github.com> wrote:',
      '',
      '/andon cancel',
    ),
    ['retry'],
  ],
  [
    'an attribution over two lines',
    lines(
      'No.',
      '',
      'On Mon, Nov 3, 2025 at 10:12 AM Mona Lisa Octocat',
      '<notifications@github.com> wrote:',
      '',
      '/andon cancel',
    ),
    [],
  ],
  [
    'an attribution over three lines',
    lines(
      'No.',
      '',
      'On Monday, November 3, 2025 at 10:12 AM',
      'Mona Lisa Octocat via example',
      '<notifications@github.com> wrote:',
      '/andon cancel',
    ),
    [],
  ],
  [
    'an answer below a quoted mail',
    lines('On Mon, Nov 3, 2025 at 10:12 AM Mona wrote:', '> The run failed.', '', '/andon retry'),
    ['retry'],
  ],
  [
    'answers between quoted lines',
    lines('On 3 Nov 2025, Mona wrote:', '> Why?', '', '/andon why', '', '> And then?', '', '/andon retry'),
    ['why', 'retry'],
  ],
  [
    'a German mail',
    lines('/andon retry', '', 'Am 03.11.2025 um 10:12 schrieb Mona <m@example.com>:', '', '/andon cancel'),
    ['retry'],
  ],
  [
    'a French mail',
    lines('/andon retry', '', 'Le lun. 3 nov. 2025 à 10:12, Mona <m@example.com> a écrit :', '', '/andon cancel'),
    ['retry'],
  ],
  [
    'a Spanish mail',
    lines('/andon retry', '', 'El lun, 3 nov 2025 a las 10:12, Mona (<m@example.com>) escribió:', '', '/andon cancel'),
    ['retry'],
  ],
  [
    'an original message',
    lines('/andon retry', '', '-----Original Message-----', 'From: Mona', '/andon cancel'),
    ['retry'],
  ],
  ['an original message apart', lines('-----Original Message-----', '', '/andon cancel'), []],
  [
    'a forwarded message',
    lines('See below.', '', '---------- Forwarded message ---------', 'From: Mona', '', '/andon cancel'),
    [],
  ],
  [
    'a head as Outlook writes it',
    lines(
      '/andon retry',
      '',
      '________________________________',
      'From: Mona <m@example.com>',
      'Sent: Monday, November 3, 2025 10:12',
      'To: octo/repo',
      'Subject: Re: [octo/repo] It broke (#7)',
      '',
      '/andon cancel',
    ),
    ['retry'],
  ],
  [
    'a head in bold',
    lines('No.', '', '**From:** Mona', '**Sent:** Monday', '**To:** octo/repo', '', '/andon cancel'),
    [],
  ],
  [
    'a German head',
    lines('Nein.', '', 'Von: Mona', 'Gesendet: Montag', 'An: octo/repo', 'Betreff: Re: Kaputt', '', '/andon cancel'),
    [],
  ],
  ['a change of versions is no head', lines('From: 1.2.3', 'To: 1.2.4', '', '/andon retry'), ['retry']],
  ['a sentence with a date is no attribution', lines('On 3 November it broke again.', '', '/andon retry'), ['retry']],
  ['somebody is said to have written', lines('Mona wrote: it is fixed.', '', '/andon retry'), ['retry']],
  ['a signature', lines('/andon retry', '', '--', 'Mona'), ['retry']],
  ['a signature with its space', lines('/andon retry', '', '-- ', 'Mona Lisa', 'Octo Inc.'), ['retry']],
  ['a signature of a telephone', lines('/andon retry', '', 'Sent from my iPhone'), ['retry']],
  [
    'the footer of a notification',
    lines(
      '/andon retry',
      '',
      '—',
      'Reply to this email directly, view it on GitHub, or unsubscribe.',
      'You are receiving this because you were mentioned.',
    ),
    ['retry'],
  ],
  [
    'a quoted notification with its footer',
    lines('/andon retry', '', '> The run failed.', '> ', '> —', '> Reply to this email directly', '> /andon cancel'),
    ['retry'],
  ],
  [
    'a mail with Windows line ends',
    '/andon retry\r\n\r\nOn Mon, Nov 3, 2025 at 10:12 AM Mona wrote:\r\n\r\n/andon cancel\r\n',
    ['retry'],
  ],
  [
    'a line to answer above',
    lines('/andon retry', '', '--- Reply above this line ---', '', '/andon cancel'),
    ['retry'],
  ],
]

import boundaries from 'eslint-plugin-boundaries';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

// Rules that need types are in .oxlintrc.json: they take a sixth of the time there.

// The arrows of the house (README, "Architecture"): what each kind of folder may import.
const kind = (category, pattern) => ({ category, pattern });
const allow = (from, ...to) => ({
  from: { file: { categories: from } },
  allow: { to: { file: { categories: to } } },
});
const ports = ['storage-port', 'files', 'keys', 'texts'];
const noExit = {
  selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
  message: 'Set process.exitCode and let the process end by itself.',
};
// A second way to round a figure would show 85.0 beside "not met".
const noRounding = [
  {
    selector: 'CallExpression[callee.property.name=/^(toFixed|toPrecision|toLocaleString)$/]',
    message: 'Figures are written by domain/scoring/format.ts alone.',
  },
  {
    selector: "MemberExpression[object.name='Intl'][property.name='NumberFormat']",
    message: 'Figures are written by domain/scoring/format.ts alone.',
  },
];

const errors = (...rules) => Object.fromEntries(rules.map((rule) => [rule, 'error']));

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'node_modules', 'data'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': ['error', noExit],
    },
  },
  {
    // Patterns that do not match what they seem to. No rule of style.
    plugins: { regexp },
    rules: {
      ...errors(
        'regexp/confusing-quantifier',
        'regexp/no-contradiction-with-assertion',
        'regexp/no-dupe-characters-character-class',
        'regexp/no-dupe-disjunctions',
        'regexp/no-empty-alternative',
        'regexp/no-empty-capturing-group',
        'regexp/no-empty-character-class',
        'regexp/no-empty-group',
        'regexp/no-empty-lookarounds-assertion',
        'regexp/no-escape-backspace',
        'regexp/no-invalid-regexp',
        'regexp/no-invisible-character',
        'regexp/no-lazy-ends',
        'regexp/no-misleading-capturing-group',
        'regexp/no-misleading-unicode-character',
        'regexp/no-missing-g-flag',
        'regexp/no-optional-assertion',
        'regexp/no-potentially-useless-backreference',
        'regexp/no-useless-backreference',
        'regexp/no-useless-dollar-replacements',
        'regexp/no-zero-quantifier',
      ),
      'regexp/no-obscure-range': ['error', { allowed: ['alphanumeric', '０-９', '一-鿿', ' -~'] }],
    },
  },
  {
    // Patterns that take quadratic or exponential time on some text. Tests match only texts of their own.
    files: ['src/**'],
    rules: errors('regexp/no-super-linear-backtracking', 'regexp/no-super-linear-move'),
  },
  {
    files: ['src/**/*.ts'],
    plugins: { boundaries },
    settings: {
      'boundaries/include': ['src/**/*.ts'],
      'import/resolver': { node: { extensions: ['.ts', '.json'] } },
      'boundaries/files': [
        kind('domain', 'src/domain/**/*.ts'),
        kind('audit', 'src/audit/**/*.ts'),
        kind('texts', 'src/texts/**/*'),
        kind('storage-port', 'src/storage/port/*.ts'),
        kind('storage-shared', 'src/storage/shared/*.ts'),
        kind('sqlite', 'src/storage/sqlite/**/*.ts'),
        kind('postgres', 'src/storage/postgres/**/*.ts'),
        kind('socket', 'src/storage/socket/**/*.ts'),
        kind('files', 'src/files/*.ts'),
        kind('threads', 'src/threads/*.ts'),
        kind('keys', 'src/keys/**/*.ts'),
        kind('intake', 'src/intake/**/*.ts'),
        kind('messaging', 'src/messaging/**/*.ts'),
        kind('witnesses', 'src/witnesses/**/*.ts'),
        kind('tabular', 'src/tabular/**/*.ts'),
        kind('export', 'src/export/**/*.ts'),
        kind('html', 'src/html/**/*.ts'),
        kind('views', 'src/http/**/*view.ts'),
        kind('operations', 'src/operations/**/*.ts'),
        kind('http', 'src/http/**/*.ts'),
        kind('cli', 'src/cli/**/*.ts'),
        kind('config', 'src/config.ts'),
        kind('schedule', 'src/schedule.ts'),
        kind('compose', [
          'src/compose.ts',
          'src/compose-witness.ts',
          'src/helper-threads.ts',
          'src/listen.ts',
          'src/server.ts',
        ]),
      ],
    },
    rules: {
      'boundaries/no-unknown-files': 'error',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            allow('domain', 'domain'),
            allow('audit', 'audit', 'domain'),
            allow('texts', 'texts', 'domain'),
            allow('storage-port', 'storage-port', 'domain'),
            allow('files', 'files', 'domain'),
            allow('keys', 'keys', 'domain', 'files'),
            allow('storage-shared', 'storage-shared', 'domain', 'storage-port'),
            allow('sqlite', 'sqlite', 'domain', 'files', 'threads', 'storage-port', 'storage-shared'),
            allow('postgres', 'postgres', 'domain', 'storage-port', 'storage-shared'),
            allow('socket', 'socket', 'domain', 'storage-port'),
            allow('intake', 'intake', 'domain', 'storage-port'),
            allow('messaging', 'messaging', 'domain', 'storage-port', 'texts'),
            allow('witnesses', 'witnesses', 'domain', 'files', 'texts'),
            allow('tabular', 'tabular', 'domain', 'threads'),
            allow('export', 'export', 'domain', 'tabular', 'html', 'texts'),
            allow('html', 'html', 'domain', 'texts'),
            allow('views', 'views', 'html', 'domain', 'texts'),
            // The shapes of what they are handed, and nothing that runs.
            {
              from: { file: { categories: 'views' } },
              allow: { to: { file: { categories: 'operations' } }, dependency: { kind: 'type' } },
            },
            allow(
              'operations',
              'operations',
              'domain',
              'audit',
              ...ports,
              'intake',
              'messaging',
              'tabular',
              'threads',
              'export',
            ),
            // Views are of both kinds.
            allow(
              { anyOf: ['http'], noneOf: ['views'] },
              'http',
              'views',
              'html',
              'operations',
              'domain',
              ...ports,
              'intake',
              'export',
            ),
            allow('config', 'domain', 'config'),
            allow('schedule', 'operations', 'domain'),
            allow('cli', 'cli', 'operations', 'domain', 'audit', ...ports, 'export', 'config', 'compose'),
            allow(
              'compose',
              'compose',
              'config',
              'schedule',
              'http',
              'operations',
              'domain',
              ...ports,
              'sqlite',
              'postgres',
              'socket',
              'intake',
              'messaging',
              'witnesses',
              'export',
              'cli',
            ),
          ],
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: [
      'src/domain/scoring/format.ts',
      // Numbers that are no figures: noise removed, the stored form of a flag, sums of weights, phone numbers and cells of a table, seconds.
      'src/domain/scoring/figure.ts',
      'src/domain/scoring/signals/find-flags.ts',
      'src/domain/scoring/rules/profile.ts',
      'src/domain/messaging/phone.ts',
      'src/domain/frame/roll/table.ts',
      'src/http/service/metrics.ts',
      'src/cli/demo/run.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', noExit, ...noRounding] },
  },
  {
    files: ['src/domain/**/*.ts'],
    rules: {
      // Purity: no clock, randomness, environment; only zod and @noble from outside, and node:crypto in hash.ts alone.
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'performance'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'The domain has no clock: pass the time in.' },
        { object: 'Math', property: 'random', message: 'The domain has no randomness: pass a seed in.' },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!\\.{1,2}/|zod$|@noble/)',
              message: 'The domain imports only the domain, zod and @noble.',
            },
          ],
        },
      ],
    },
  },
  {
    // The auditor of disclosure reads the rules by itself: code shared with what it audits would share its faults.
    files: ['src/audit/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: 'scoring/(suppression|estimate|statistics|tally)/',
              message: 'The auditor shares no code with what it audits.',
            },
            {
              regex: 'scoring/(summary/|rules/|figure|signals/)',
              allowTypeImports: true,
              message: 'The auditor shares no code with what it audits, only types.',
            },
          ],
        },
      ],
    },
  },
  { files: ['src/domain/hash.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['src/cli/**/*.ts', 'test/bench/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-explicit-any': 'off' } },
  {
    // For the oldest browsers that respondents have.
    files: ['src/http/assets/*.js'],
    languageOptions: { ecmaVersion: 5, sourceType: 'script' },
    rules: { '@typescript-eslint/no-unused-vars': ['error', { caughtErrors: 'none' }] },
  },
);

import { doubtsOf } from './doubts';
import { directiveEntries, tagEntries } from './hintEntries';
import { HINT_NAMES } from './hints';

/** Options of Quarto's cells (Jupyter and knitr), and of nbdev, those with a value. */
const OTHERS =
  'label id tags classes title padding expandable width height content component color type ' +
  'export renderings eval echo code-fold code-summary code-overflow code-line-numbers lst-label ' +
  'lst-cap tidy tidy-opts collapse prompt highlight include output warning error message results ' +
  'comment panel output-location fig-width fig-height fig-cap fig-subcap fig-link fig-align ' +
  'fig-alt fig-env fig-pos fig-scap fig-format fig-dpi fig-asp out-width out-height fig-keep ' +
  'fig-show out-extra external sanitize interval aniopts animation-hook child file code purl ' +
  'layout layout-ncol layout-nrow layout-align layout-valign column fig-column tbl-column ' +
  'cap-location fig-cap-location tbl-cap-location tbl-cap tbl-subcap tbl-colwidths cache ' +
  'cache-vars cache-globals cache-lazy cache-rebuild cache-comments dependson autodep engine ' +
  'engine-path opts-label split size dev dev-args dpi inline mermaid-format html-table-processing ' +
  'order orientation fill scrolling icon default_exp default_cls_lvl hide hide_input hide_output ' +
  'hide_line filter_stream exporti exports exec_doc skip_showdoc name timeit parameters slideshow';

const meant = (text: string): unknown =>
  doubtsOf(directiveEntries(text)).map(it => `${it.path} ${it.meant}`);

describe('doubts', () => {
  it.each([
    ['#| memroy: 1GB', 'memroy memory'],
    ['#| cpu: 2', 'cpu cpus'],
    ['#| GPUS=1', 'GPUS gpus'],
    ['#| gpu_memory: 1 GiB', 'gpu_memory gpuMemory'],
    ['#| max-wait: 5 min', 'max-wait maxWait'],
    ['#| max wait: 5 min', 'max wait maxWait'],
    ['#| gpu-memroys: 1 GiB', 'gpu-memroys gpuMemory'],
    ['#| memorie: 1GB', 'memorie memory'],
    ['#| prioritiy: 3', 'prioritiy priority'],
    ['#| cpus: 2, exlcusive: true', 'exlcusive exclusive'],
    ['#| memroy: 2 GiB, cpus: 3', 'memroy memory']
  ])('[ADM13] sees what was meant by %s', (text, found) => {
    expect(meant(text)).toEqual([found]);
  });

  it('[ADM13] sees it in tags', () => {
    expect(doubtsOf(tagEntries(['memroy=1GB', 'memory', 'parameters', 'tiem:2h']))).toEqual([
      { path: 'memroy', meant: 'memory' },
      { path: 'tiem', meant: 'time' }
    ]);
  });

  it('[ADM13] doubts no hint, no option of another tool, and nothing inside of one', () => {
    const names = [...OTHERS.split(' '), ...HINT_NAMES, 'memorial'];
    expect(names.flatMap(name => meant(`#| ${name}: 1`))).toEqual([]);
    expect(meant('#| fig-cap: |\n#|   memroy: 1GB\n#| fold: true\n#| memory of 8: x')).toEqual([]);
  });
});

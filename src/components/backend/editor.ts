/** The student's code in CodeMirror, in the place of the textarea that keeps its text (and stands for it without JavaScript). */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';

export interface Editor {
  set(text: string): void;
}

/** Tab is not bound: it leaves, as everywhere on the page. Ctrl-Enter runs. */
export function openEditor(textarea: HTMLTextAreaElement, run: () => void): Editor {
  const view = new EditorView({
    doc: textarea.value,
    extensions: [
      lineNumbers(),
      history(),
      indentOnInput(),
      bracketMatching(),
      javascript(),
      syntaxHighlighting(COLOURS),
      EditorView.lineWrapping,
      THEME,
      keymap.of([{ key: 'Mod-Enter', run: () => (run(), true) }, ...defaultKeymap, ...historyKeymap]),
      EditorView.contentAttributes.of({
        'aria-labelledby': textarea.getAttribute('aria-labelledby') ?? '',
        'aria-describedby': textarea.getAttribute('aria-describedby') ?? '',
        autocapitalize: 'off',
      }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        textarea.value = update.state.doc.toString();
        textarea.dispatchEvent(new Event('input'));
      }),
    ],
  });
  view.dom.classList.add('campo', 'texto');
  const { selectionStart: anchor, selectionEnd: head } = textarea;
  const focused = document.activeElement === textarea;
  textarea.before(view.dom);
  textarea.hidden = true;
  if (focused) {
    view.dispatch({ selection: { anchor, head } });
    view.focus();
  }
  return { set: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }) };
}

/** The course's own colours, which know light and dark. */
const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword], color: 'var(--plane-control)' },
  { tag: [tags.string, tags.regexp, tags.special(tags.string)], color: 'var(--done)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--plane-network)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'var(--accent)' },
  { tag: tags.comment, color: 'var(--screen-dim)' },
]);

const THEME = EditorView.theme({
  '&': { padding: '0.4rem 0 !important', minHeight: '12rem', maxHeight: '36rem' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  '.cm-scroller': { fontFamily: 'inherit', lineHeight: 'inherit' },
  '.cm-content': { caretColor: 'var(--screen-ink)' },
  '.cm-gutters': { border: '0', background: 'var(--screen)', color: 'var(--screen-dim)' },
  '.cm-line': { paddingInline: '0.3rem 0.7rem' },
  '&.cm-focused .cm-matchingBracket': { background: 'var(--accent-soft)', outline: '1px solid var(--accent)' },
});

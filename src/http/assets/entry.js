/*
 * Entering sheets by keyboard: a digit chooses that option of the question with the focus and goes on to the next one; 0 leaves it blank.
 * Ctrl and Enter save the sheet; Enter alone on an option goes on, so that nothing is saved half filled in by accident.
 * Without this file the form works with Tab, arrows and Space.
 */
(function () {
  'use strict';
  var form = document.querySelector('form.entry');
  if (!form) return;
  var groups = form.querySelectorAll('.item');
  function focusOn(index) {
    var next = groups[index];
    if (!next) {
      document.getElementById('send').focus();
      return;
    }
    var details = next.parentNode;
    if (details.tagName === 'DETAILS' && !details.open) {
      document.getElementById('send').focus();
      return;
    }
    next.querySelector('input,textarea').focus();
    if (next.scrollIntoView) next.scrollIntoView(false);
  }
  form.addEventListener('keydown', function (event) {
    var field = event.target;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      document.getElementById('send').click();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || !/^(?:[0-9]|Enter)$/.test(event.key || '')) return;
    if (field.type !== 'radio' && field.type !== 'checkbox') return;
    event.preventDefault();
    for (var i = 0; i < groups.length; i++) {
      if (!groups[i].contains(field)) continue;
      if (event.key === 'Enter') {
        focusOn(i + 1);
        return;
      }
      var options = groups[i].querySelectorAll('input');
      var choice = Number(event.key);
      if (choice > options.length) return;
      for (var j = 0; j < options.length; j++) {
        if (j === choice - 1) options[j].checked = field.type === 'radio' || !options[j].checked;
        else if (choice === 0) options[j].checked = false;
      }
      if (field.type === 'radio' || choice === 0) focusOn(i + 1);
      return;
    }
  });
  if (!document.querySelector('.errors')) focusOn(0);
})();

"""C++ as text: good enough to tell code from comments, and where a function begins and ends."""

import re

TOKEN = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|R"(?P<mark>[^()\\ ]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r'|(?P<number>\b\d[\w\'.]*)'
    r"|'(?:\\.|[^'\\\n])+'", re.DOTALL)
NOT_NEWLINE = re.compile(r'[^\n]')
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


class CppText:
    """One source: `code` without comments and contents of strings, `comments` without the rest.

    Both keep every newline, so that an offset into either has the line number of the file.
    """

    def __init__(self, text):
        self.text = text
        without_comments, code, comments, end = [], [], [], 0
        for token in TOKEN.finditer(text):
            between = text[end:token.start()]
            found, blank = token.group(), NOT_NEWLINE.sub(' ', token.group())
            is_comment, is_number = token['comment'] is not None, token['number'] is not None
            without_comments += [between, blank if is_comment else found]
            code += [between, found if is_number else blank]
            comments += [NOT_NEWLINE.sub(' ', between), found if is_comment else blank]
            end = token.end()
        tail = text[end:]
        self.code = ''.join(code) + tail
        self.comments = ''.join(comments) + NOT_NEWLINE.sub(' ', tail)
        self.includes = [(self.line(found.start()), found[1], found[2])
                         for found in INCLUDE.finditer(''.join(without_comments) + tail)]

    def line(self, offset):
        return self.text.count('\n', 0, offset) + 1

    def functions(self):
        """Yields (first line, last line) of every function body at namespace or class level."""
        code = re.sub(r'^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', lambda hit: NOT_NEWLINE.sub(' ', hit[0]),
                      self.code, flags=re.MULTILINE)
        outer, inner, begin = 0, 0, 0  # depth of scopes, depth inside a body, start of its head
        is_function = False
        for brace in re.finditer(r'[{};]', code):
            at = brace.start()
            if inner:
                inner += {'{': 1, '}': -1, ';': 0}[brace[0]]
                if inner == 0 and is_function:
                    yield self.line(begin), self.line(at)
                if inner == 0 and not re.match(r'\s*[,{]', code[at + 1:at + 200]):
                    begin = at + 1  # else: a member's initialiser, the head goes on
            elif brace[0] == '{':
                head = code[begin:at]
                begin += len(head) - len(head.lstrip())
                if SCOPE.search(DECORATION.sub('', head)):
                    outer, begin = outer + 1, at + 1
                else:
                    inner, is_function = 1, '(' in head and not head.rstrip().endswith('=')
            elif brace[0] == '}':
                outer, begin = outer - 1, at + 1
            else:
                begin = at + 1

    def awaits(self):
        """Yields (line, reason) of every co_await that is not a statement of its own."""
        opened, brackets = [], sorted(
            [(hit.start(), hit[0]) for hit in re.finditer(r'[(){}\[\]]|\bco_await\b', self.code)])
        for at, token in brackets:
            if token in '([{':
                opened.append(token)
            elif token in ')]}':
                if opened:
                    opened.pop()
            elif opened and opened[-1] != '{':
                yield self.line(at), 'inside parentheses'
            else:
                reason = self._await_fault(at)
                if reason:
                    yield self.line(at), reason

    def _await_fault(self, at):
        begin = max(self.code.rfind(mark, 0, at) for mark in ';{}') + 1
        head = CONDITION.sub('', self.code[begin:at])
        if not STATEMENT_HEAD.fullmatch(head):
            return f'after "{" ".join(head.split())}"'
        depth, rest = 0, ''
        for sign in self.code[at:]:
            if sign in ')]}':
                depth -= 1
            if depth == 0:
                if sign == ';':
                    break
                rest += sign
            if depth < 0:
                return 'in an initialiser'
            if sign in '([{':
                depth += 1
        return 'as part of an expression' if re.search(r'[?=|+/%^!]', rest) else None


DECORATION = re.compile(r'\btemplate\s*<[^{};]*?>(?=\s*\w)|\balignas\s*\([^()]*\)|\[\[.*?\]\]')
SCOPE = re.compile(r'\b(?:namespace|extern)\b[^()]*$|\b(?:class|struct|union|enum)\b[^()]*$'
                   r'|\b(?:class|struct)\s+[\w:]+\s*(?:final\s*)?:(?!:)|\bTEST_SUITE\b')
CONDITION = re.compile(r'^\s*(?:(?:(?:else\s+)?(?:if|for|while)\s*(?:constexpr\s*)?'
                       r'\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)'
                       r'|else\b|do\b|case\s(?:[^?;:]|::)*:(?!:)|default\s*:)\s*)+')
STATEMENT_HEAD = re.compile(
    r'\s*(?:(?:(?:const\s+|static\s+|constexpr\s+)*[\w:]+(?:<[^=;()]*>)?(?:::\w+)*(?:\s+const)?'
    r'[\s&*]+)?(?:\[[\w\s,]+\]|[\w.:>-]+(?:\[[^\]]*\])?)\s*=\s*)?')

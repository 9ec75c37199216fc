"""Forms: form-js schemas whose fields and rules are enforced on the server."""

from engine.forms.fields import Field, Rule
from engine.forms.form import Form
from engine.forms.reader import parse_form

__all__ = ["Field", "Form", "Rule", "parse_form"]

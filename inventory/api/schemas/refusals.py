"""How a refusal looks."""

from pydantic import BaseModel


class HzApiErrorModel(BaseModel):
    auth_success: bool = True
    error_code: str
    desc: str


class ValidationError(BaseModel):
    loc: list[str | int]
    msg: str
    type: str


class HTTPValidationError(BaseModel):
    detail: list[ValidationError] = []

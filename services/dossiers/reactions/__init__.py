"""What follows from facts and from time: papers, the legal clock, silence, forgotten drafts."""
